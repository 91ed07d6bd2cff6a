/** Holds many dialogues at the same time, as many as there is room for. */
import type { Dialogue, DialogueOutcome, DialogueSocket } from '../../core/dialogue.js';
import { Conversation } from './conversation.js';
import type { Heard, Stage, StageSocket } from './stage.js';
import { MOST } from './stage.js';

/** How many files may be open at once for sockets and connections. */
export type Room = { readonly machine: number; readonly total: number };

export type Manner = {
  readonly room: Room;
  /** How many times as long as said is waited for arrivals. */
  readonly patience: number;
};

/** @param setStage makes the stage, which tells of what happens there */
export async function converse(
  dialogues: readonly Dialogue[],
  setStage: (hear: (heard: Heard) => void) => Stage,
  { room, patience }: Manner,
): Promise<DialogueOutcome[]> {
  const faults = faultsOf(dialogues);
  const outcomes = faults.map((error): DialogueOutcome => ({
    steps: [],
    ...(error !== undefined && { error }),
  }));
  const hearing = new Map<number, Conversation>();
  const stage = setStage((heard) => hearing.get(heard.socket)?.hear(heard));
  const sockets = stageSockets(dialogues);
  const sound = [...dialogues.keys()].filter((index) => faults[index] === undefined);
  for (const batch of batches(dialogues, sound, room)) {
    await Promise.all(
      batch.map(async (index) => {
        const [dialogue, own] = [dialogues[index], sockets[index]];
        if (!dialogue || !own) return;
        const conversation = new Conversation(dialogue, own, stage, patience);
        for (const { id } of own) hearing.set(id, conversation);
        outcomes[index] = await conversation.hold();
        for (const { id } of own) hearing.delete(id);
      }),
    );
  }
  return outcomes;
}

function stageSockets(dialogues: readonly Dialogue[]): StageSocket[][] {
  let id = 0;
  return dialogues.map(({ sockets }, dialogue) =>
    sockets.map((socket) => {
      const { machine, protocol, address, port, listen = false } = socket;
      return { id: id++, dialogue, machine, protocol, family: familyOf(socket), address, port, listen };
    }),
  );
}

const familyOf = ({ address, family }: DialogueSocket): 4 | 6 =>
  family ?? (address?.includes(':') === true ? 6 : 4);

/** Why a dialogue cannot be held, for each. */
function faultsOf(dialogues: readonly Dialogue[]): (string | undefined)[] {
  const taken = new Map<string, { dialogue: number; address: string | undefined }[]>();
  return dialogues.map((dialogue, index) => {
    const fault = faultOf(dialogue);
    if (fault !== undefined) return fault;
    for (const { name, machine, protocol, port, address } of dialogue.sockets) {
      // Ports of TCP can be shared: two dialogues would take each other's connections.
      const place = `${protocol} ${port} of ${machine}`;
      const others = taken.get(place) ?? [];
      const isTaken = others.some(
        (one) =>
          one.dialogue !== index &&
          (one.address === undefined || address === undefined || one.address === address),
      );
      if (isTaken && port !== 0) return `${name}: ${place}: EADDRINUSE, by another dialogue`;
      taken.set(place, [...others, { dialogue: index, address }]);
    }
    return undefined;
  });
}

function faultOf({ sockets, steps }: Dialogue): string | undefined {
  const byName = new Map(sockets.map((socket) => [socket.name, socket]));
  if (byName.size < sockets.length) return 'two sockets have one name';
  if (steps.length > MOST.steps) return 'it has too many steps';
  for (const [index, { moves, close = [] }] of steps.entries()) {
    const said = `step ${index}`;
    if (moves.length > MOST.moves) return `${said} has too many moves`;
    const unknown = [...moves.map(({ socket }) => socket), ...close].find((name) => !byName.has(name));
    if (unknown !== undefined) return `${said}: no socket is named ${unknown}`;
    const wrong = moves.find(
      ({ do: what, socket }) => (what === 'send') !== (byName.get(socket)?.protocol === 'udp'),
    );
    if (wrong) return `${said}: ${wrong.socket} cannot ${wrong.do}`;
    const early = moves.find(({ to }) => 'seenIn' in to && !(to.seenIn >= 0 && to.seenIn < index));
    if (early) return `${said}: it goes where a later step is seen from`;
  }
  return undefined;
}

/** Those that are held at the same time; the next when all of them are done. */
function batches(dialogues: readonly Dialogue[], which: readonly number[], room: Room): number[][] {
  const found: number[][] = [];
  let used = new Map<string, number>();
  let total = 0;
  for (const index of which) {
    const needs = filesOf(dialogues[index]);
    const all = [...needs.values()].reduce((sum, count) => sum + count, 0);
    const fits =
      total + all <= room.total &&
      [...needs].every(([machine, count]) => (used.get(machine) ?? 0) + count <= room.machine);
    if (!fits || found.length === 0) {
      found.push([]);
      used = new Map();
      total = 0;
    }
    found.at(-1)?.push(index);
    total += all;
    for (const [machine, count] of needs) used.set(machine, (used.get(machine) ?? 0) + count);
  }
  return found;
}

/** At most: each socket one, and each connection one at both ends, whoever accepts it. */
function filesOf(dialogue: Dialogue | undefined): Map<string, number> {
  const files = new Map<string, number>();
  const add = (machine: string, count: number): void =>
    void files.set(machine, (files.get(machine) ?? 0) + count);
  const connecting = (dialogue?.steps ?? []).flatMap(({ moves }) =>
    moves.filter(({ do: what }) => what === 'connect'),
  );
  for (const { name, machine, listen } of dialogue?.sockets ?? []) {
    const own = connecting.filter(({ socket }) => socket === name).length;
    add(machine, 1 + own + (listen === true ? connecting.length : 0));
  }
  return files;
}
