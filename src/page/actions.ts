/** The verify button. What comes of it is shown by every page that watches. */
import { post } from './post.js';
import { byId, element, write } from './text.js';
import type { WireVerify } from './wire.js';

export function setUpVerify(): (state: WireVerify) => void {
  const button = byId('verify', HTMLButtonElement);
  const said = byId('verify-said', HTMLElement);
  const list = byId('verdicts', HTMLUListElement);
  button.addEventListener('click', () => void post('verify', {}, (text) => write(said, text)));
  return (state) => {
    button.disabled = state.state === 'running';
    if (state.state === 'none') return;
    if (state.state === 'running') {
      write(said, 'verifying …');
      return;
    }
    if (state.state === 'failed') {
      write(said, `it could not be verified: ${state.message}`);
      return;
    }
    const { passed, failed, duration, verdicts } = state;
    write(said, `${passed} passed, ${failed} failed, in ${(duration / 1000).toFixed(2)} s`);
    list.replaceChildren(
      ...verdicts.map(({ status, expectation, observed, cause }) =>
        element(
          'li',
          { class: status },
          element('b', {}, status === 'pass' ? '✓ passed ' : status === 'fail' ? '✗ failed ' : '? error '),
          `${expectation} `,
          element('small', {}, `${observed}${cause === undefined ? '' : `; cause: ${cause}`}`),
        ),
      ),
    );
  };
}
