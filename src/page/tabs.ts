/** Tabs as the ARIA Authoring Practices have them: arrows go from one to the next. */

export function setUpTabs(): void {
  const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role=tab]')];
  const open = (tab: HTMLButtonElement): void => {
    for (const one of tabs) {
      const isOpen = one === tab;
      one.setAttribute('aria-selected', `${isOpen}`);
      one.tabIndex = isOpen ? 0 : -1;
      const panel = document.getElementById(one.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !isOpen;
    }
    const isFiltered = tab.hasAttribute('data-filtered');
    document.getElementById('filters')?.toggleAttribute('hidden', !isFiltered);
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => open(tab));
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      if (step === 0 || !next) return;
      open(next);
      next.focus();
    });
  });
}
