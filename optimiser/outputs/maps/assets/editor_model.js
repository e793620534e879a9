// The editor's bookkeeping, without a map: who is where, what that weighs, what it breaks.
function doorstepEdits(data) {
  var blocks = data.blocks, patches = data.patches;
  var start = blocks.map(function (b) { return b.patch; });
  var now = start.slice();
  var locked = patches.map(function (p) { return data.locked.indexOf(p.code) >= 0; });
  function named(ref) { return data.unit.charAt(0).toUpperCase() + data.unit.slice(1) + " " + ref; }

  // Blocks put where they are by hand in an earlier edit: they still count as moved.
  var held = {};
  data.held.forEach(function (ref) { held[ref] = true; });
  var undone = [], done = [];
  var near = blocks.map(function () { return []; });
  data.edges.forEach(function (e) { near[e[0]].push(e[1]); near[e[1]].push(e[0]); });

  function moved(block, patch) {
    var stay = blocks[block].stay[patches[patch].code];
    return blocks[block].homes - (stay || 0);
  }

  function members(patch) {
    var list = [];
    now.forEach(function (p, k) { if (p === patch) { list.push(k); } });
    return list;
  }

  // The connected parts of a set of blocks, largest first.
  function parts(list) {
    var inside = new Set(list), found = [];
    list.forEach(function (first) {
      if (!inside.delete(first)) { return; }
      var part = [first];
      for (var k = 0; k < part.length; k++) {
        near[part[k]].forEach(function (other) { if (inside.delete(other)) { part.push(other); } });
      }
      found.push(part);
    });
    return found.sort(function (a, b) { return b.length - a.length; });
  }

  function figures() {
    var all = patches.map(function (p) {
      return { homes: 0, load: 0, blocks: [], moved: 0, target: p.target, lower: p.lower, upper: p.upper };
    });
    now.forEach(function (p, k) {
      all[p].homes += blocks[k].homes;
      all[p].load += blocks[k].load;
      all[p].moved += moved(k, p);
      all[p].blocks.push(k);
    });
    all.forEach(function (f) {
      f.parts = parts(f.blocks);
      f.outside = f.load < f.lower || f.load > f.upper;
      f.difference = f.target ? f.load / f.target - 1 : 0;
    });
    return all;
  }

  function cutOff(all) {
    var list = [];
    all.forEach(function (f) { f.parts.slice(1).forEach(function (part) { list = list.concat(part); }); });
    return list;
  }

  // Blocks that may go into a patch, of those asked for; and why the others may not.
  function movable(list, patch) {
    var refused = {}, ok = [];
    list.forEach(function (k) {
      if (now[k] === patch) { return; }
      if (locked[now[k]]) { refused[patches[now[k]].code + " is locked"] = true; }
      else if (locked[patch]) { refused[patches[patch].code + " is locked"] = true; }
      else if (blocks[k].banned.indexOf(patch) >= 0) { refused[blocks[k].name + " may not be in " + patches[patch].code] = true; }
      else { ok.push(k); }
    });
    return { ok: ok, refused: Object.keys(refused) };
  }

  function put(changes) {
    changes.forEach(function (c) { now[c[0]] = c[2]; });
  }

  // One stroke: [block, from, to] each; a single step of undo.
  function change(changes) {
    changes = changes.filter(function (c) { return c[1] !== c[2]; });
    if (!changes.length) { return; }
    put(changes);
    done.push(changes);
    undone = [];
  }

  function move(list, patch) {
    var may = movable(list, patch);
    change(may.ok.map(function (k) { return [k, now[k], patch]; }));
    return may;
  }

  function step(from, to, back) {
    var changes = from.pop();
    if (!changes) { return false; }
    put(changes.map(function (c) { return back ? [c[0], c[2], c[1]] : c; }));
    to.push(changes);
    return true;
  }

  function estate(block) {
    var name = blocks[block].estate, list = [];
    if (!name) { return [block]; }
    blocks.forEach(function (b, k) { if (b.estate === name) { list.push(k); } });
    return list;
  }

  // How far out of its limits a patch is, above all; then how far from its target.
  function strain(load, f) {
    var out = Math.max(0, load - f.upper, f.lower - load) / (f.target || 1);
    var off = (load - f.target) / (f.target || 1);
    return 100 * out * out + off * off;
  }

  // The move, or exchange, of blocks between two patches that restores most balance and
  // leaves no patch in more parts than before.
  function suggest() {
    var all = figures(), moves = [], best = null;
    function splits(patch, gone, come) {
      var list = all[patch].blocks.filter(function (k) { return k !== gone; });
      if (come !== null) { list = list.concat([come]); }
      return list.length === 0 || parts(list).length > all[patch].parts.length;
    }
    function consider(a, b, changes, loadA, loadB) {
      var gain = strain(all[a].load, all[a]) + strain(all[b].load, all[b]) - strain(loadA, all[a]) - strain(loadB, all[b]);
      if (gain < 1e-6 || (best && gain <= best.gain)) { return; }
      var out = changes[0][0], back = changes.length > 1 ? changes[1][0] : null;
      if (splits(a, out, back) || splits(b, back, out)) { return; }
      best = { gain: gain, changes: changes };
    }
    blocks.forEach(function (block, k) {
      var a = now[k];
      new Set(near[k].map(function (o) { return now[o]; })).forEach(function (b) {
        if (b === a || !movable([k], b).ok.length) { return; }
        moves.push([k, a, b]);
        consider(a, b, [[k, a, b]], all[a].load - block.load, all[b].load + block.load);
      });
    });
    var back = {};
    moves.forEach(function (m) { (back[m[1] + ">" + m[2]] = back[m[1] + ">" + m[2]] || []).push(m); });
    moves.forEach(function (m) {
      (back[m[2] + ">" + m[1]] || []).forEach(function (n) {
        if (m[0] > n[0]) { return; }
        var shift = blocks[m[0]].load - blocks[n[0]].load;
        consider(m[1], m[2], [m, n], all[m[1]].load - shift, all[m[2]].load + shift);
      });
    });
    return best && best.changes;
  }

  function save() {
    var assignments = {}, shut = [], moved = [];
    now.forEach(function (p, k) {
      assignments[blocks[k].ref] = patches[p].code;
      if (p !== start[k] || held[blocks[k].ref]) { moved.push(blocks[k].ref); }
    });
    locked.forEach(function (on, p) { if (on) { shut.push(patches[p].code); } });
    return JSON.stringify({ format: data.format, title: data.title, locked: shut, moved: moved, assignments: assignments }, null, 1);
  }

  // Take a saved edit; returns what of it could not be used.
  function load(text) {
    var problems = [], file;
    try { file = JSON.parse(text); } catch (error) { return ["The file is not an edit: " + error.message]; }
    if (!file || file.format !== data.format || typeof file.assignments !== "object") { return ["The file is not an edit that this page can read."]; }
    var patchOf = {}, changes = [], known = {};
    patches.forEach(function (p, k) { patchOf[p.code] = k; });
    blocks.forEach(function (b, k) {
      known[b.ref] = true;
      var code = file.assignments[b.ref];
      if (code === undefined) { problems.push(named(b.ref) + " is not in the file; it stays."); return; }
      if (patchOf[code] === undefined) { problems.push("Patch " + code + " is not known; " + data.unit + " " + b.ref + " stays."); return; }
      changes.push([k, now[k], patchOf[code]]);
    });
    Object.keys(file.assignments).forEach(function (ref) { if (!known[ref]) { problems.push(named(ref) + " of the file is not known."); } });
    change(changes);
    (file.moved || []).forEach(function (ref) { held[ref] = true; });
    patches.forEach(function (p, k) { locked[k] = (file.locked || []).indexOf(p.code) >= 0; });
    return problems;
  }

  return {
    blocks: blocks, patches: patches, now: now, start: start, locked: locked, figures: figures, cutOff: cutOff,
    move: move, change: change, movable: movable, estate: estate, suggest: suggest, save: save, load: load, moved: moved,
    undo: function () { return step(done, undone, true); }, redo: function () { return step(undone, done, false); }
  };
}
