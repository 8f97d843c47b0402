// Runs before the first paint, so that a chosen theme never flashes the other one.
(function () {
  var theme = localStorage.getItem("switchboard.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
