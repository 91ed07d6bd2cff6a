/** Tells what kind of labnet file a text is, by the keys at the beginning of its lines. */

/** A scenario in a file of its own, possibly with mistakes. */
export const isScenarioFile = (text: string): boolean =>
  /^(timeline|topology)\s*:/m.test(text) && !/^(segments|hosts|routers)\s*:/m.test(text);

export const hasScenario = (text: string): boolean => /^scenario\s*:/m.test(text) || isScenarioFile(text);
