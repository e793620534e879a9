// What every page's script shares. Text from the data only ever becomes text nodes.
var doorstep = {
  map: null,
  dots: [],
  labels: [],
  centres: [],
  signs: [],

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
  factor: function () {
    var zoom = doorstep.map.getZoom();
    return zoom < 12.5 ? 0.55 : zoom < 13.5 ? 0.75 : zoom < 16 ? 1 : 1.5;
  },

  scale: function () {
    var factor = doorstep.factor();
    doorstep.dots.forEach(function (dot) {
      dot[0].setRadius(dot[1] * factor).setStyle({ weight: dot[2] * Math.min(factor, 1) });
    });
  },

  centre: function (name, at) {
    var sign = doorstep.element("span", "centre-name", name);
    var mark = L.marker(at, {
      keyboard: false, zIndexOffset: 500,
      icon: L.divIcon({ className: "centre-mark", html: sign, iconSize: [14, 14] })
    }).bindTooltip(doorstep.lines(name, ["Service centre"]), { opacity: 1 });
    doorstep.centres.push(mark);
    return mark;
  },

  // `lift`: how many pixels above its point the label is, for what stands there.
  label: function (text, at, options) {
    options = options || {};
    var mark = L.marker(at, {
      interactive: false, keyboard: false, lift: options.lift || 0,
      icon: L.divIcon({ className: "patch-mark " + (options.className || ""), html: doorstep.element("span", "", text), iconSize: [0, 0] })
    });
    doorstep.labels.push(mark);
    return mark;
  },

  // Labels give way to each other by half their size at most, so that each still covers its
  // point, a lifted one by its size; one without room is left out until the map is nearer.
  // The first have first choice. What is in `signs` they keep clear of where they can,
  // and the map's edge.
  shifts: [[0, 0], [0, -1], [0, 1], [-1, 0], [1, 0], [-1, -1], [1, -1], [-1, 1], [1, 1]],
  farther: [[0, -2], [-2, 0], [2, 0], [-2, -2], [2, -2], [0, 2], [-2, 2], [2, 2]],

  place: function () {
    var map = doorstep.map, taken = [], left = 0;
    function square(marks, size) {
      return marks.filter(function (mark) { return map.hasLayer(mark); }).map(function (mark) {
        var at = map.latLngToLayerPoint(mark.getLatLng());
        return [at.x - size, at.y - size, at.x + size, at.y + size];
      });
    }
    function free(box, of) {
      return of.every(function (t) { return box[0] >= t[2] || box[2] <= t[0] || box[1] >= t[3] || box[3] <= t[1]; });
    }
    function inView(box) {
      var size = map.getSize(), from = map.layerPointToContainerPoint([box[0], box[1]]);
      return from.x >= 0 && from.y >= 0 && from.x + box[2] - box[0] <= size.x && from.y + box[3] - box[1] <= size.y;
    }
    taken = square(doorstep.centres, 10);
    var signs = square(doorstep.signs, 14);
    doorstep.labels.forEach(function (label) {
      var sign = label.getElement() && label.getElement().firstChild;
      if (!sign || !map.hasLayer(label)) { return; }
      var at = map.latLngToLayerPoint(label.getLatLng()), w = sign.offsetWidth / 2, h = sign.offsetHeight / 2;
      var lift = label.options.lift, shifts = doorstep.shifts.concat(lift ? doorstep.farther : []);
      function box(s) {
        var x = at.x + s[0] * w, y = at.y - lift + s[1] * h;
        return [x - w, y - h, x + w, y + h];
      }
      var open = shifts.filter(function (s) { return free(box(s), taken); });
      var shift = open.find(function (s) { return free(box(s), signs) && inView(box(s)); }) || open[0];
      if (shift) { taken.push(box(shift)); }
      sign.style.visibility = shift ? "" : "hidden";
      sign.style.margin = shift ? shift[1] * h - lift + "px 0 0 " + shift[0] * w + "px" : "";
      left += !shift;
    });
    var hint = document.getElementById("labels-hint");
    if (hint) { hint.hidden = !left; }
  },

  withPatches: function (count) {
    doorstep.map.getContainer().classList.add("with-patches");
    doorstep.map.getContainer().classList.toggle("many", count > 24);
  },

  // Whether the map is above the tables, not beside them; as in page.css.
  narrow: function () {
    return window.matchMedia("(max-width: 999px)").matches;
  },

  still: function () {
    return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  },

  start: function (map) {
    doorstep.map = map;
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
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
      if (doorstep.narrow()) { box.scrollIntoView({ block: "center" }); }
    });
    // On the map the list of layers would hide what is below it.
    var list = box.querySelector(".leaflet-control-layers");
    if (list) { document.getElementById("layers").appendChild(list); }
    var labels = document.querySelectorAll(".patch-mark").length;
    if (labels) { doorstep.withPatches(labels); }
    var far = function () { box.classList.toggle("far", map.getZoom() < 14); };
    map.on("zoomend", far).on("zoomend", doorstep.scale).on("zoomend baselayerchange overlayadd overlayremove", doorstep.place);
    far();
    doorstep.scale();
    doorstep.place();
    // Drawn for the screen, the map is scaled as it is to the paper (186 x 185 mm); drawing
    // it anew for the print leaves parts out in some browsers.
    function paper() {
      if (window.matchMedia("print").matches) { return; }
      var size = map.getSize();
      box.style.setProperty("--width", size.x + "px");
      box.style.setProperty("--height", size.y + "px");
      box.style.setProperty("--scale", Math.min(703 / size.x, 699 / size.y));
    }
    map.on("resize", paper);
    paper();
  }
};
