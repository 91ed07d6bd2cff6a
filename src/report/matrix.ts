/** The table of who reached whom in a run, by machine, or by segment in a large lab, as data. */
import type { MeshedRun } from '../apply/report/collect.js';
import type { Lab } from '../model/lab.js';
import type { View } from '../model/view.js';
import { viewOf } from '../model/view.js';
import { isAnswered } from '../verify/checks/common.js';
import type { Proof } from '../verify/proof.js';

export type Cell = {
  readonly asked: number;
  readonly answered: number;
  /** The probes that must not get through. */
  readonly barred: number;
  /** The number of unexpected results, and one of their checks. */
  readonly wrong: number;
  readonly check?: string;
};

export type Matrix = {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: ReadonlyMap<string, Cell>;
  /** Whether rows and columns are segments. */
  readonly isGrouped: boolean;
};

export const cellKey = (row: string, column: string): string => `${row}\n${column}`;

/** With more rows or columns than this, segments are shown instead of machines. */
const SINGLY_AT_MOST = 40;
/** Kinds of check whose probes must be answered, and kinds whose probes must not. */
const OPEN = ['gateway', 'reach', 'published'];
const SHUT = ['isolated'];

type Asked = {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly isAnswered: boolean;
  readonly isBarred: boolean;
  readonly isWrong: boolean;
  readonly check?: string;
};

export function checksMatrix(lab: Lab, proofs: readonly Proof[]): Matrix {
  const view = viewOf(lab);
  const names = publicNames(lab);
  const nameOf = (address: string): string =>
    names.get(address) ?? view.owners(address)[0]?.machine.name ?? '';
  const asked = proofs.flatMap(({ id, kind, status, probes }) => {
    const isBarred = SHUT.includes(kind);
    if (!isBarred && !OPEN.includes(kind)) return [];
    return probes.map(({ probe, result, failed }): Asked => {
      const { machine: from, to: address } = probe;
      const wrong = {
        isAnswered: isAnswered(result),
        isBarred,
        isWrong: failed || status === 'error',
        check: id,
      };
      return { from, to: nameOf(address), address, ...wrong };
    });
  });
  return matrixOf(view, asked);
}

export function meshMatrix({ lab, mesh, meshHosts }: MeshedRun): Matrix {
  const lost = new Set(mesh.lostPairs.map(({ from, to }) => cellKey(from, to)));
  const asked = meshHosts.flatMap(({ machine: from, asks }) =>
    asks.map((to): Asked => {
      const name = meshHosts[to]?.machine ?? '';
      const isLost = lost.has(cellKey(from, name));
      const check = `mesh/${from}`;
      return { from, to: name, address: '', isAnswered: !isLost, isBarred: false, isWrong: isLost, check };
    }),
  );
  return matrixOf(viewOf(lab), asked);
}

/** Hosts by their public addresses. */
const publicNames = ({ machines }: Lab): Map<string, string> =>
  new Map(
    machines.flatMap(({ nat }) =>
      nat.flatMap((one): [string, string][] =>
        one.kind === 'static' ? [[one.public, one.inside.machine]] : [],
      ),
    ),
  );

function matrixOf(view: View, asked: readonly Asked[]): Matrix {
  const single = tableOf(asked, ({ from }) => from, titleOf);
  const isSmall = single.rows.length <= SINGLY_AT_MOST && single.columns.length <= SINGLY_AT_MOST;
  if (isSmall) return { ...single, isGrouped: false };
  const segmentOf = (machine: string): string =>
    view.machines.get(machine)?.interfaces[0]?.segment ?? machine;
  const shared = (address: string, to: string): string =>
    view.owners(address)[0]?.interface.segment ?? segmentOf(to);
  const byName = new Set(publicNames(view.lab).keys());
  const column = ({ address, to }: Asked): string =>
    byName.has(address) ? segmentOf(to) : shared(address, to);
  return { ...tableOf(asked, ({ from }) => segmentOf(from), column), isGrouped: true };
}

const titleOf = ({ to, address }: Asked): string => [to, address].filter((one) => one !== '').join(' ');

function tableOf(
  asked: readonly Asked[],
  rowOf: (one: Asked) => string,
  columnOf: (one: Asked) => string,
): Omit<Matrix, 'isGrouped'> {
  const cells = new Map<string, Cell>();
  for (const one of asked) {
    const key = cellKey(rowOf(one), columnOf(one));
    cells.set(key, added(cells.get(key), one));
  }
  return { rows: distinct(asked.map(rowOf)), columns: distinct(asked.map(columnOf)), cells };
}

function added(cell: Cell | undefined, one: Asked): Cell {
  const check = one.isWrong ? (cell?.check ?? one.check) : cell?.check;
  return {
    asked: (cell?.asked ?? 0) + 1,
    answered: (cell?.answered ?? 0) + (one.isAnswered ? 1 : 0),
    barred: (cell?.barred ?? 0) + (one.isBarred ? 1 : 0),
    wrong: (cell?.wrong ?? 0) + (one.isWrong ? 1 : 0),
    ...(check !== undefined && { check }),
  };
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];
