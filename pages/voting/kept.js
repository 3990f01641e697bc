// Items by their id that outlive a reload of the tab: every change goes to the browser's session storage, too.

export class Kept extends Map {
  constructor(name, most = Infinity) {
    super(read(name).map((item) => [item.id, item]));
    this.name = name;
    this.most = most;
  }

  put(item) {
    this.delete(item.id);
    this.set(item.id, item);
    if (this.size > this.most) this.delete(this.keys().next().value);
    this.write();
  }

  drop(id) {
    if (this.delete(id)) this.write();
  }

  write() {
    try {
      sessionStorage.setItem(this.name, JSON.stringify([...this.values()]));
    } catch {
      // A full or forbidden storage only means that a reload loses what the server has not confirmed.
    }
  }
}

function read(name) {
  try {
    const found = JSON.parse(sessionStorage.getItem(name) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}
