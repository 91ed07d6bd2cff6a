/** Which of labnet's files a text is, by the keys at the beginning of lines, as people write them. */

/** A scenario in a file of its own, maybe one with mistakes. */
export const isScenarioFile = (text: string): boolean =>
  /^(timeline|topology)\s*:/m.test(text) && !/^(segments|hosts|routers)\s*:/m.test(text);

export const hasScenario = (text: string): boolean => /^scenario\s*:/m.test(text) || isScenarioFile(text);
