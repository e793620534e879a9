function doorstepEdit(map, data) {
  var model = doorstepEdits(data), blocks = model.blocks, patches = model.patches;
  var tools = document.getElementById("tools"), byId = function (id) { return document.getElementById(id); };
  var layers = [], dots = [], offered = null, lastCut = -1, stroke = null, saved = model.now.join();

  function fillOf(k) { return "url(#fill-" + patches[model.now[k]].fill + ")"; }

  L.geoJSON(data.cells, {
    renderer: L.svg({ pane: "patches", padding: 0.5 }), pane: "patches", smoothFactor: 0,
    style: function (f) { return { stroke: true, color: "#0b0c0c", opacity: 0.25, weight: 0.5, fillOpacity: 0.75, fillColor: fillOf(f.properties.block) }; },
    onEachFeature: function (f, layer) {
      var k = f.properties.block;
      layers[k] = layer;
      layer.bindTooltip(function () {
        var b = blocks[k], homes = b.homes + (b.homes === 1 ? " home" : " homes");
        return doorstep.lines(b.name, [b.estate ? b.estate + ", " + homes : homes, "Patch " + patches[model.now[k]].code + (b.old ? ", today " + b.old : "")]);
      }, { sticky: true, opacity: 1 });
      layer.on("click", function () { if (tools.elements.tool.value === "click") { paint([k]); } });
    }
  }).addTo(map);
  // Areas are under the streets but must still be clicked; nothing above them needs the mouse.
  map.getPane("patches").style.pointerEvents = "auto";
  map.getPane("patches").style.zIndex = 420;
  blocks.forEach(function (b, k) {
    dots[k] = b.at && L.circleMarker(b.at, { radius: 2.5, interactive: false, stroke: true, pane: "marks" });
    if (dots[k]) { dots[k].addTo(map); }
  });
  var outline = L.polyline([], { color: "#0b0c0c", weight: 2.5, interactive: false, pane: "marks" }).addTo(map);
  var labels = L.layerGroup().addTo(map);

  function into() { return Number(tools.elements.into.value); }

  function paint(list) {
    var chosen = {};
    list.forEach(function (k) { (tools.elements.estate.checked ? model.estate(k) : [k]).forEach(function (o) { chosen[o] = true; }); });
    var may = model.move(Object.keys(chosen).map(Number), into());
    refresh();
    say(may.refused.length ? "Not moved: " + may.refused.join("; ") + "." : counted(may.ok.length, data.unit) + " moved into " + patches[into()].code + ".");
  }

  // Rounded as on the other pages: toFixed is exact, and true halves go to the even digit.
  function points(load) {
    var tenths = load % 50 === 25 ? 2 * Math.round(load / 20) : 10 * (load / 100).toFixed(1);
    return (tenths / 10).toLocaleString("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }
  function counted(n, word) { return n.toLocaleString("en-GB") + (word ? " " + word + (n === 1 ? "" : word === "patch" ? "es" : "s") : ""); }
  function say(text) { byId("said").textContent = text; }
  function signed(share) { var r = Math.round(share * 1000) / 10; return (r > 0 ? "+" : r < 0 ? "−" : "") + Math.abs(r).toFixed(1) + "%"; }

  function refresh() {
    offered = null;
    byId("offer").hidden = true;
    var all = model.figures(), cut = model.cutOff(all), isCut = {};
    cut.forEach(function (k) { isCut[k] = true; });
    blocks.forEach(function (b, k) {
      var off = isCut[k];
      if (layers[k]) {
        layers[k].setStyle({
          fillColor: fillOf(k), color: off ? "#942514" : "#0b0c0c", opacity: off ? 1 : 0.25, weight: off ? 4 : 0.5, dashArray: off ? "6 4" : null
        });
      }
    });
    dot();
    outline.setLatLngs(data.borders.filter(function (e) { return model.now[e[0]] !== model.now[e[1]]; }).map(function (e) { return e[2]; }));
    name(all);
    table(all);
    edits();
    tell(all, cut);
  }

  // From afar smaller, or they would hide the areas.
  function dot() {
    var factor = doorstep.factor();
    blocks.forEach(function (b, k) {
      if (!dots[k]) { return; }
      var moves = b.old && b.old !== patches[model.now[k]].code;
      dots[k].setRadius((moves ? 4.5 : 2.5) * factor);
      dots[k].setStyle({ color: "#0b0c0c", weight: moves ? 2 * Math.min(factor, 1) : 0, fillColor: moves ? "#ffdd00" : "#383f43", fillOpacity: 1 });
    });
  }

  // A label on the block nearest to the middle of each patch's largest part.
  function name(all) {
    labels.clearLayers();
    doorstep.labels = [];
    all.forEach(function (f, p) {
      var part = (f.parts[0] || []).filter(function (k) { return blocks[k].at; });
      if (!part.length) { return; }
      var lat = 0, lon = 0;
      part.forEach(function (k) { lat += blocks[k].at[0] / part.length; lon += blocks[k].at[1] / part.length; });
      part.sort(function (a, b) { return map.distance(blocks[a].at, [lat, lon]) - map.distance(blocks[b].at, [lat, lon]); });
      labels.addLayer(doorstep.label(patches[p].code, blocks[part[0]].at, { className: model.locked[p] ? "locked" : "" }));
    });
    doorstep.place();
  }

  function table(all) {
    var body = byId("balance");
    var focus = document.activeElement && document.activeElement.dataset.lock;
    body.textContent = "";
    all.forEach(function (f, p) {
      var row = doorstep.element("tr", p === into() ? "chosen" : "");
      var head = doorstep.element("th", "tight");
      head.scope = "row";
      var choose = doorstep.element("button", "link", patches[p].code);
      choose.type = "button";
      choose.dataset.choose = p;
      head.innerHTML = '<svg class="swatch" aria-hidden="true"><rect width="100%" height="100%" fill="url(#fill-' + patches[p].fill + ')"/></svg>';
      head.appendChild(choose);
      row.appendChild(head);
      [patches[p].officer, counted(f.homes), points(f.load), points(f.target), signed(f.difference) + (f.outside ? " outside limit" : ""), counted(f.moved), f.parts.length < 2 ? String(f.parts.length) : f.parts.length + " (cut off)"].forEach(function (text, k) {
        row.appendChild(doorstep.element("td", k > 0 && k < 6 ? "n" : "", String(text)));
      });
      if (f.outside || f.parts.length !== 1) { row.classList.add("wrong"); }
      var cell = doorstep.element("td", ""), lock = doorstep.element("input", "");
      lock.type = "checkbox";
      lock.checked = model.locked[p];
      lock.dataset.lock = p;
      lock.setAttribute("aria-label", "Lock " + patches[p].code);
      cell.appendChild(lock);
      row.appendChild(cell);
      body.appendChild(row);
    });
    if (focus !== undefined && focus !== null) { var again = body.querySelector('[data-lock="' + focus + '"]'); if (again) { again.focus(); } }
  }

  function edits() {
    var list = byId("edits"), any = false;
    list.textContent = "";
    blocks.forEach(function (b, k) {
      if (model.now[k] === model.start[k]) { return; }
      any = true;
      list.appendChild(doorstep.element("li", "", b.name + ": " + patches[model.start[k]].code + " to " + patches[model.now[k]].code + ", " + counted(b.homes, "home")));
    });
    byId("edits-none").hidden = any;
  }

  function tell(all, cut) {
    var outside = all.filter(function (f) { return f.outside; }).length;
    var empty = all.filter(function (f) { return !f.blocks.length; }).length;
    var moved = 0;
    all.forEach(function (f) { moved += f.moved; });
    var faults = [];
    if (outside) { faults.push(counted(outside, "patch") + " outside the limit"); }
    if (cut.length) { faults.push(counted(cut.length, data.unit) + " cut off"); }
    if (empty) { faults.push(counted(empty, "patch") + " without any " + data.unit); }
    byId("state").textContent = (faults.length ? "Not valid: " + faults.join(", ") + "." : "Valid: every patch is within its limits and in one piece.") + " " + counted(moved, "household") + (moved === 1 ? " changes" : " change") + " officer in all.";
    byId("state").className = faults.length ? "invalid" : "valid";
  }

  function offer() {
    var changes = model.suggest();
    if (!changes) { say("No move or exchange of two " + data.unit + "s brings the patches nearer to their targets."); return; }
    say(changes.map(function (c) {
      return "Move " + blocks[c[0]].name + " (" + counted(blocks[c[0]].homes, "home") + ") from " + patches[c[1]].code + " to " + patches[c[2]].code;
    }).join(", and ") + ".");
    offered = changes;
    byId("offer").hidden = false;
  }

  function findCut() {
    var cut = model.cutOff(model.figures());
    if (!cut.length) { say("No " + data.unit + " is cut off."); return; }
    lastCut = (lastCut + 1) % cut.length;
    var block = blocks[cut[lastCut]];
    if (block.at) { map.setView(block.at, 17, { animate: !doorstep.still() }); }
    say(block.name + " is cut off from the rest of " + patches[model.now[cut[lastCut]]].code + " (" + (lastCut + 1) + " of " + cut.length + ").");
  }

  function download() {
    var link = doorstep.element("a", "");
    link.href = URL.createObjectURL(new Blob([model.save()], { type: "application/json" }));
    link.download = "patch-edit.json";
    link.click();
    URL.revokeObjectURL(link.href);
    saved = model.now.join();
    say("Saved as patch-edit.json in the browser's downloads. To take it over: doorstep patches FOLDER --edit patch-edit.json");
  }

  function take(text) {
    var problems = model.load(text);
    saved = model.now.join();
    refresh();
    say(problems.length ? problems.slice(0, 5).join(" ") : "Loaded.");
  }

  var actions = {
    undo: function () { var ok = model.undo(); refresh(); say(ok ? "Undone." : "Nothing to undo."); },
    redo: function () { var ok = model.redo(); refresh(); say(ok ? "Done again." : "Nothing to do again."); },
    suggest: offer, cut: findCut, save: download,
    apply: function () { var changes = offered; if (changes) { model.change(changes); refresh(); say("Done."); } },
    lockall: function () {
      var on = !model.locked.every(Boolean);
      model.locked.forEach(function (_, p) { model.locked[p] = on; });
      refresh();
      say(on ? "All patches are locked." : "All patches are unlocked.");
    },
    move: function () {
      var wanted = byId("block").value.trim().toLowerCase();
      var k = blocks.findIndex(function (b) { return b.ref.toLowerCase() === wanted.split(",")[0] || b.name.toLowerCase() === wanted; });
      if (k < 0) { say("No " + data.unit + " is called that."); } else { paint([k]); }
    }
  };
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-do], button[data-choose]");
    if (!button) { return; }
    if (button.dataset.do) { actions[button.dataset.do](); } else { tools.elements.into.value = button.dataset.choose; refresh(); }
  });
  document.addEventListener("change", function (event) {
    if (event.target.dataset.lock !== undefined) { model.locked[Number(event.target.dataset.lock)] = event.target.checked; refresh(); }
    if (event.target === tools.elements.into) { refresh(); }
    if (event.target.name === "tool") {
      map.dragging[event.target.value === "click" ? "enable" : "disable"]();
      map.getContainer().style.touchAction = event.target.value === "click" ? "" : "none";
    }
    if (event.target.id === "load" && event.target.files.length) {
      event.target.files[0].text().then(take);
      event.target.value = "";
    }
  });
  document.addEventListener("keydown", function (event) {
    if (!(event.ctrlKey || event.metaKey) || /^(input|select)$/i.test(event.target.tagName)) { return; }
    if (event.key === "z") { event.preventDefault(); actions[event.shiftKey ? "redo" : "undo"](); }
    if (event.key === "y") { event.preventDefault(); actions.redo(); }
  });
  tools.addEventListener("submit", function (event) { event.preventDefault(); });
  window.addEventListener("beforeunload", function (event) { if (model.now.join() !== saved) { event.preventDefault(); } });

  // The lasso: blocks whose point is inside the ring that was drawn.
  var ring = null, ringLine = L.polyline([], { color: "#0b0c0c", weight: 3, dashArray: "4 4", interactive: false, pane: "marks" }).addTo(map);
  function inside(at) {
    var hit = false;
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      var a = ring[i], b = ring[j];
      if ((a.lat > at[0]) !== (b.lat > at[0]) && at[1] < (b.lng - a.lng) * (at[0] - a.lat) / (b.lat - a.lat) + a.lng) { hit = !hit; }
    }
    return hit;
  }
  // Pointers are mice, pens and fingers alike. A stroke is a block's areas, a ring its corners.
  function under(event) {
    var hit = document.elementFromPoint(event.clientX, event.clientY);
    return layers.findIndex(function (layer) { return layer && layer.getElement() === hit; });
  }
  map.getContainer().addEventListener("pointerdown", function (event) {
    var tool = tools.elements.tool.value;
    if (!event.isPrimary || event.button || event.target.closest(".leaflet-control")) { return; }
    if (tool === "paint") { stroke = [under(event)]; }
    if (tool === "lasso") { ring = [map.mouseEventToLatLng(event)]; }
  });
  document.addEventListener("pointermove", function (event) {
    if (stroke) { stroke.push(under(event)); }
    if (ring) { ring.push(map.mouseEventToLatLng(event)); ringLine.setLatLngs(ring); }
  });
  document.addEventListener("pointerup", function () {
    var caught = stroke ? stroke.filter(function (k) { return k >= 0; }) : [];
    if (ring) {
      blocks.forEach(function (b, k) { if (b.at && inside(b.at)) { caught.push(k); } });
    }
    stroke = ring = null;
    ringLine.setLatLngs([]);
    if (caught.length) { paint(caught); }
  });
  document.addEventListener("pointercancel", function () { stroke = ring = null; ringLine.setLatLngs([]); });
  map.on("zoomend", dot);

  blocks.forEach(function (b) {
    var option = doorstep.element("option", "");
    option.value = b.ref + ", " + b.name;
    byId("blocks").appendChild(option);
  });
  doorstep.withPatches(patches.length);
  refresh();
  return { model: model, refresh: refresh, take: take, paint: paint };
}
