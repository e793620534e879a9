// What every page's script shares. Text from the data only ever becomes text nodes.
var doorstep = {
  map: null,
  dots: [],

  element: function (tag, className, text) {
    var made = document.createElement(tag);
    if (className) { made.className = className; }
    if (text) { made.textContent = text; }
    return made;
  },

  // A title and lines of text, for a popup or tooltip.
  lines: function (title, lines) {
    var box = doorstep.element("div", "lines");
    box.appendChild(doorstep.element("strong", "", title));
    lines.forEach(function (line) { box.appendChild(doorstep.element("div", "", line)); });
    return box;
  },

  describe: function (feature, layer) {
    var box = doorstep.lines(feature.properties.title, feature.properties.lines);
    layer.bindTooltip(box, { sticky: true, opacity: 1 });
    doorstep.dots.push([layer, layer.getRadius(), layer.options.weight]);
  },

  // Dots that can be told apart from near would hide everything from afar.
  scale: function () {
    var zoom = doorstep.map.getZoom();
    var factor = zoom < 12.5 ? 0.55 : zoom < 13.5 ? 0.75 : zoom < 16 ? 1 : 1.5;
    doorstep.dots.forEach(function (dot) {
      dot[0].setRadius(dot[1] * factor).setStyle({ weight: dot[2] * Math.min(factor, 1) });
    });
  },

  centre: function (name, at) {
    var sign = doorstep.element("span", "centre-name", name);
    return L.marker(at, {
      keyboard: false, zIndexOffset: 500,
      icon: L.divIcon({ className: "centre-mark", html: sign, iconSize: [14, 14] })
    }).bindTooltip(doorstep.lines(name, ["Service centre"]), { opacity: 1 });
  },

  label: function (text, at) {
    return L.marker(at, {
      interactive: false, keyboard: false,
      icon: L.divIcon({ className: "patch-mark", html: doorstep.element("span", "", text), iconSize: [0, 0] })
    });
  },

  still: function () {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  },

  start: function (map) {
    doorstep.map = map;
    var box = map.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "Map; everything on it is also in the tables beside it");
    document.addEventListener("click", function (event) {
      var button = event.target.closest("button[data-bounds], button[data-at]");
      if (!button) { return; }
      if (button.dataset.bounds) {
        var b = button.dataset.bounds.split(",").map(Number);
        map.fitBounds([[b[0], b[1]], [b[2], b[3]]], { padding: [20, 20], animate: !doorstep.still() });
      } else {
        var at = button.dataset.at.split(",").map(Number);
        map.setView(at, 17, { animate: !doorstep.still() });
        L.circleMarker(at, { radius: 18, color: "#0b0c0c", weight: 3, fill: false, interactive: false })
          .addTo(map)._doorstepRing = true;
        map.eachLayer(function (layer) {
          if (layer._doorstepRing && !layer.getLatLng().equals(at)) { map.removeLayer(layer); }
        });
      }
      if (window.innerWidth < 800) { box.scrollIntoView({ block: "center" }); }
    });
    // Leaflet's list of layers is a fieldset in all but name.
    var list = box.querySelector(".leaflet-control-layers");
    if (list) {
      list.setAttribute("role", "group");
      list.setAttribute("aria-label", "What the map shows");
      // On a phone the list would hide the map.
      if (window.innerWidth < 800) { document.querySelector(".key").prepend(list); }
    }
    box.classList.toggle("with-patches", Boolean(document.querySelector(".patch-mark")));
    var far = function () { box.classList.toggle("far", map.getZoom() < 14); };
    map.on("zoomend", far).on("zoomend", doorstep.scale);
    far();
    doorstep.scale();
    // Drawn for the screen, the map is scaled as it is to the paper (268 x 128 mm); drawing
    // it anew for the print leaves parts out in some browsers.
    function paper() {
      if (window.matchMedia("print").matches) { return; }
      var size = map.getSize();
      box.style.setProperty("--width", size.x + "px");
      box.style.setProperty("--height", size.y + "px");
      box.style.setProperty("--scale", Math.min(1013 / size.x, 484 / size.y));
    }
    map.on("resize", paper);
    paper();
  }
};
