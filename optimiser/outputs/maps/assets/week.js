function doorstepWeek(map, data) {
  var SIGNS_FROM_ZOOM = 15, FOLLOW = 17;
  var drawn = {};
  var shown = L.layerGroup().addTo(map);
  var leftOut = L.layerGroup();
  var form = document.getElementById("choose");

  var legs = data.legs.map(function (flat) {
    var points = [], lat = 0, lon = 0;
    for (var k = 0; k < flat.length; k += 2) {
      lat += flat[k]; lon += flat[k + 1];
      points.push([lat / 1e5, lon / 1e5]);
    }
    return points;
  });

  function leg(number) {
    if (!number) { return []; }
    var points = legs[Math.abs(number) - 1];
    return number > 0 ? points : points.slice().reverse();
  }

  // "1", "2 and 3" or "2 to 5": the stops made at one place.
  function span(numbers) {
    var runs = [];
    numbers.forEach(function (n) {
      var last = runs[runs.length - 1];
      if (last && last[1] === n - 1) { last[1] = n; } else { runs.push([n, n]); }
    });
    return runs.map(function (r) { return r[0] === r[1] ? r[0] : r[0] + "–" + r[1]; }).join(", ");
  }

  function arrow(points, colour) {
    var total = 0, at = [0];
    for (var k = 1; k < points.length; k++) {
      total += map.distance(points[k - 1], points[k]);
      at.push(total);
    }
    if (total < 60) { return null; }
    k = at.findIndex(function (d) { return d >= total / 2; });
    var a = points[k - 1], b = points[k];
    var share = (total / 2 - at[k - 1]) / (at[k] - at[k - 1] || 1);
    var p = map.project(a, 17), q = map.project(b, 17);
    var sign = doorstep.element("span", "", "➤");
    sign.style.color = colour;
    sign.style.transform = "rotate(" + Math.atan2(q.y - p.y, q.x - p.x) * 180 / Math.PI + "deg)";
    return L.marker([a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share], {
      interactive: false, keyboard: false,
      icon: L.divIcon({ className: "arrow-mark", html: sign, iconSize: [16, 16] })
    });
  }

  // What all the stops of a sign have in common: two officers, done already.
  function marks(stops) {
    return (stops.some(function (s) { return s.pair; }) ? " pair" : "") +
      (stops.length && stops.every(function (s) { return s.state === "done"; }) ? " done" : "");
  }

  function signMarker(route, index, at) {
    var officer = data.officers[route.officer];
    var stops = route.stops.filter(function (s) { return s.sign === index; });
    var kind = stops.length && stops.every(function (s) { return s.kind === stops[0].kind; }) ? stops[0].kind : "visit";
    var numbers = span(stops.map(function (s) { return s.number; }));
    var sign = doorstep.element("span", "stop-sign " + kind + marks(stops), numbers);
    sign.style.borderColor = officer.colour;
    var day = data.days[route.day];
    var marker = L.marker(at, {
      alt: officer.ref + ", " + day.short + ", stop " + numbers,
      icon: L.divIcon({ className: "stop-mark", html: sign, iconSize: [0, 0] }), riseOnHover: true
    });
    marker.bindPopup(function () {
      var box = doorstep.element("div", "");
      box.appendChild(doorstep.element("div", "who", officer.ref + ", " + day.text));
      stops.forEach(function (s) { box.appendChild(doorstep.lines(s.number + ". " + s.time + ": " + s.title, s.lines)); });
      return box;
    }, { maxWidth: 300 });
    return marker;
  }

  function draw(index) {
    if (drawn[index]) { return drawn[index]; }
    var route = data.routes[index], officer = data.officers[route.officer];
    var group = L.featureGroup(), path = [];
    route.legs.forEach(function (n) { path = path.concat(leg(n)); });
    var halo = L.polyline(path, { color: "#ffffff", weight: 7, opacity: 0.75, interactive: false });
    var line = L.polyline(path, { color: officer.colour, weight: 3.5, dashArray: officer.dash || null });
    line.bindTooltip(doorstep.lines(officer.ref, [data.days[route.day].text]), { sticky: true, opacity: 1 });
    group.addLayer(halo).addLayer(line);
    route.legs.forEach(function (n) {
      var sign = n && arrow(leg(n), officer.colour);
      if (sign) { group.addLayer(sign); }
    });
    route.markers = route.signs.map(function (at, k) {
      var marker = signMarker(route, k, at);
      group.addLayer(marker);
      return marker;
    });
    return (drawn[index] = group);
  }

  // Whose route it is, above the stop that is farthest from where the day starts.
  function name(route) {
    if (!route.signs.length) { return; }
    var officer = data.officers[route.officer], farthest = route.signs[0], most = -1;
    var from = legs[Math.abs(route.legs.find(Boolean) || 0) - 1];
    route.signs.forEach(function (at) {
      var metres = from ? map.distance(at, route.legs.find(Boolean) > 0 ? from[0] : from[from.length - 1]) : 0;
      if (metres > most) { most = metres; farthest = at; }
    });
    var label = doorstep.label(officer.ref, farthest, { className: "route", lift: 15 });
    label.addTo(shown);
    label.getElement().firstChild.style.borderColor = officer.colour;
  }

  function timeline(route) {
    var box = doorstep.element("div", "timeline");
    box.appendChild(doorstep.element("p", "", route.start));
    var list = doorstep.element("ol", "");
    route.stops.forEach(function (s) {
      var item = doorstep.element("li", s.kind);
      item.appendChild(doorstep.element("span", "stop-sign " + s.kind + marks([s]), s.number ? String(s.number) : "–"));
      var text = doorstep.element("div", "");
      text.appendChild(doorstep.element("strong", "", s.time));
      text.appendChild(document.createTextNode(" "));
      if (s.sign === undefined) {
        text.appendChild(document.createTextNode(s.title));
      } else {
        var button = doorstep.element("button", "link", s.title);
        button.type = "button";
        button.addEventListener("click", function () {
          var marker = route.markers[s.sign];
          map.setView(marker.getLatLng(), Math.max(map.getZoom(), FOLLOW), { animate: !doorstep.still() });
          marker.openPopup();
          if (doorstep.narrow()) { map.getContainer().scrollIntoView({ block: "center" }); }
        });
        text.appendChild(button);
      }
      if (s.state) {
        text.appendChild(document.createTextNode(" "));
        text.appendChild(doorstep.element("span", "tag", s.state));
      }
      if (s.lines.length) { text.appendChild(doorstep.element("div", "detail", s.lines.join(". "))); }
      item.appendChild(text);
      list.appendChild(item);
    });
    box.appendChild(list);
    box.appendChild(doorstep.element("p", "", route.end));
    return box;
  }

  // "Tue 1 Dec and Thu 3 Dec": the days on which an officer has a route.
  function when(officer) {
    var days = data.days.filter(function (_, d) {
      return data.routes.some(function (r) { return r.officer === officer && r.day === d; });
    }).map(function (d) { return d.short; });
    return days.length < 2 ? days.join() : days.slice(0, -1).join(", ") + " and " + days[days.length - 1];
  }

  function tell(day, officer, routes) {
    var title = day < 0 ? "Whole week" : data.days[day].text;
    var who = officer < 0 ? "all officers" : data.officers[officer].ref;
    document.getElementById("day-title").textContent = title + ": " + who;
    var box = document.getElementById("timeline");
    box.textContent = "";
    if (!routes.length) {
      box.appendChild(doorstep.element("p", "", "No route on this day." + (officer < 0 ? "" : " " + who + " has one on " + when(officer) + ".")));
    } else if (officer < 0) {
      box.appendChild(doorstep.element("p", "", "Choose an officer, above or in the table, to read the day stop by stop."));
    } else {
      routes.forEach(function (k) {
        if (day < 0) { box.appendChild(doorstep.element("h3", "", data.days[data.routes[k].day].text)); }
        box.appendChild(timeline(data.routes[k]));
      });
    }
    document.querySelectorAll("table[data-day]").forEach(function (table) {
      table.hidden = Number(table.dataset.day) !== day;
    });
  }

  function refresh(fit) {
    var day = Number(form.elements.day.value), officer = Number(form.elements.officer.value);
    var routes = [];
    data.routes.forEach(function (route, k) {
      if ((day < 0 || route.day === day) && (officer < 0 || route.officer === officer)) { routes.push(k); }
    });
    map.closePopup();
    shown.clearLayers();
    doorstep.labels = [];
    routes.forEach(function (k) { shown.addLayer(draw(k)); });
    if (day >= 0 && officer < 0) { routes.forEach(function (k) { name(data.routes[k]); }); }
    map._doorstepFew = officer >= 0;
    detail();
    doorstep.place();
    tell(day, officer, routes);
    if (fit && officer >= 0 && routes.length) {
      var bounds = L.latLngBounds([]);
      routes.forEach(function (k) { bounds.extend(drawn[k].getBounds()); });
      map.fitBounds(bounds, { padding: [30, 30], maxZoom: 17, animate: !doorstep.still() });
    }
  }

  // Hundreds of numbers are unreadable from afar: dots until there are few, or one is near.
  function detail() {
    map.getContainer().classList.toggle("from-afar", !map._doorstepFew && map.getZoom() < SIGNS_FROM_ZOOM);
  }

  data.unplanned.forEach(function (place) {
    var refs = place.items.map(function (i) { return i.ref; }).join(", ");
    var sign = doorstep.element("span", "left-out", place.items.length > 1 ? String(place.items.length) + "!" : "!");
    var mark = L.marker(place.at, {
      alt: "Not planned: " + refs, zIndexOffset: 300,
      icon: L.divIcon({ className: "stop-mark", html: sign, iconSize: [0, 0] })
    }).bindPopup(function () {
      var box = doorstep.element("div", "");
      box.appendChild(doorstep.element("div", "who", "Not planned, " + place.name));
      place.items.forEach(function (i) { box.appendChild(doorstep.lines(i.ref + ": " + i.class, i.lines)); });
      return box;
    }, { maxWidth: 320 }).addTo(leftOut);
    doorstep.signs.push(mark);
  });

  // There is no box where everything is planned.
  var box = document.getElementById("left-out");
  function showLeftOut() { if (box && box.checked) { leftOut.addTo(map); } else { map.removeLayer(leftOut); } doorstep.place(); }
  if (box) { box.addEventListener("change", showLeftOut); }
  form.addEventListener("change", function (event) {
    if (event.target === box) { return; }
    refresh(true);
    // Beside the map the tables scroll by themselves: show what was asked for.
    if (!doorstep.narrow()) { document.getElementById("panel").scrollTop = 0; }
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-officer]");
    if (!button) { return; }
    form.elements.officer.value = data.officers.findIndex(function (o) { return o.ref === button.dataset.officer; });
    refresh(true);
    document.getElementById("day-title").scrollIntoView({ block: "nearest" });
  });
  map.on("zoomend", detail);
  showLeftOut();
  refresh(false);
}
