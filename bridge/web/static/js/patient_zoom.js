/* A picture in a stage: how far it is enlarged, and which part of it is seen. */

const ROOM_BEYOND_PIXELS = 4;
const LEAST_MOST = 4;

/** Shows the picture of a stage enlarged. Points and ways are in CSS pixels, points from the stage's middle. */
export class Zoom {
  constructor(stage) {
    this.stage = stage;
    this.picture = stage.querySelector("img");
    this.all();
    new ResizeObserver(() => this.#show()).observe(stage);
  }

  /** 1 while all of the picture is seen. */
  get scale() {
    return this.#scale;
  }

  get isEnlarged() {
    return this.#scale > 1.001;
  }

  /** How many CSS pixels one of the picture's has; 1 is its true size. */
  get trueness() {
    return this.#fit() * this.#scale;
  }

  #scale = 1;
  #x = 0;
  #y = 0;

  /** Show all of it. */
  all() {
    this.#scale = 1;
    this.#x = 0;
    this.#y = 0;
    this.#show();
  }

  /** Enlarge it so many times; what is at the point stays there. */
  by(factor, x = 0, y = 0) {
    const scale = Math.min(Math.max(this.#scale * factor, 1), this.#most());
    const change = scale / this.#scale;
    this.#scale = scale;
    this.#x = x - (x - this.#x) * change;
    this.#y = y - (y - this.#y) * change;
    this.#show();
  }

  /** Move it. */
  move(x, y) {
    this.#x += x;
    this.#y += y;
    this.#show();
  }

  #natural() {
    return [this.picture?.naturalWidth || 1, this.picture?.naturalHeight || 1];
  }

  /** The stage's pixels for one of the picture's while all of it is seen. */
  #fit() {
    const [width, height] = this.#natural();
    return Math.min(this.stage.clientWidth / width, this.stage.clientHeight / height) || 1;
  }

  #most() {
    return Math.max(LEAST_MOST, ROOM_BEYOND_PIXELS / this.#fit());
  }

  /** No edge of the picture comes further in than the stage's, unless the picture is smaller. */
  #show() {
    if (!this.picture) {
      return;
    }
    const [width, height] = this.#natural().map((each) => each * this.#fit() * this.#scale);
    const roomX = Math.max(0, (width - this.stage.clientWidth) / 2);
    const roomY = Math.max(0, (height - this.stage.clientHeight) / 2);
    this.#x = Math.min(Math.max(this.#x, -roomX), roomX);
    this.#y = Math.min(Math.max(this.#y, -roomY), roomY);
    this.picture.style.transform = `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`;
    this.stage.classList.toggle("is-enlarged", this.isEnlarged);
  }
}
