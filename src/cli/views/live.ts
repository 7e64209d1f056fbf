import type { Ora } from 'ora';
import type { Io } from '../io/io.ts';
import { columns, fit } from '../io/text.ts';

/** Milliseconds between two frames on a terminal: four a second. */
const FRAME = 250;
/** Milliseconds between two lines on a pipe; before the first one less, and what is done sooner needs none. */
const LINE = 5000;
const FIRST_LINE = 2000;
/** Lines of a terminal whose height is unknown. */
const ROWS = 24;

/** The state of a command, read whenever it is drawn. */
export interface Moment {
  /** Replaces the title. */
  readonly title?: string;
  /** For a terminal of some width and height. */
  lines(width: number, height: number): readonly string[];
  /** For a log. */
  line(): string;
}

/** The live view of a command. It writes to stderr only; stdin is not touched. */
export interface Live {
  show(moment: Moment): void;
  /** Prints a line that stays, above the live view. */
  say(line: string): void;
  /** Removes the live view. */
  end(): void;
}

/** Does a terminal that becomes narrower break long lines anew? Most do; these leave out what has no room. */
export const reflows = ({ TERM, XTERM_VERSION, STY }: NodeJS.ProcessEnv): boolean =>
  XTERM_VERSION === undefined && STY === undefined && TERM !== 'linux';

/**
 * What takes away `lines` that were drawn before the terminal had `width` columns, and leaves the cursor where it would
 * be had they not been broken into more of them: the spinner takes away as many as it has drawn.
 */
export const undone = (lines: readonly string[], width: number): string => {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columns(line) / width)), 0);
  return rows > lines.length ? `\r\x1b[${rows - 1}A\x1b[J${'\n'.repeat(lines.length - 1)}` : '';
};

/** What can be shown over. */
export type Terminal = NodeJS.WriteStream;

/** What is drawn on a terminal. It is made again only if something of it has changed. */
class Picture {
  /** What it was made of. */
  #made: Readonly<Record<'title' | 'width' | 'height' | 'lines', unknown>> | undefined;
  #text = '';
  #lines: readonly string[] = [];
  readonly #title: string;
  readonly #stream: Terminal;

  constructor(title: string, stream: Terminal) {
    this.#title = title;
    this.#stream = stream;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The text for the spinner, which adds two columns before it. */
  of(moment: Moment | undefined): string {
    // The spinner and a space before, and one column is left free, as some terminals begin a line after the last one.
    const width = Math.max(1, this.#stream.columns - 3);
    // Without the title, and the line that is said above.
    const height = Math.max(0, (this.#stream.rows || ROWS) - 2);
    const title = moment?.title ?? this.#title;
    const lines = moment?.lines(width, height);
    const made = this.#made;
    if (made?.title === title && made.width === width && made.height === height && made.lines === lines)
      return this.#text;
    this.#made = { title, width, height, lines };
    this.#lines = [fit(title, width), ...(lines ?? []).slice(0, height)].map((line) => `  ${line}`);
    return (this.#text = this.#lines.join('\n').slice(2));
  }
}

export const onTerminal = async (
  io: Pick<Io, 'say' | 'floor'>,
  title: string,
  stream: Terminal,
  env: NodeJS.ProcessEnv,
): Promise<Live> => {
  const { default: ora } = await import('ora');
  // The spinner takes it over, and would first take away what it has drawn.
  const write = stream.write.bind(stream);
  const picture = new Picture(title, stream);
  let last: Moment | undefined;
  const color = env['NO_COLOR'] ? { color: false as const } : {};
  const spinner: Ora = ora({ text: title, discardStdin: false, isEnabled: true, interval: FRAME, stream, ...color });
  // It is asked for first of all that is drawn: so what is drawn is as of now, not as of when it was shown.
  spinner.prefixText = () => {
    const text = picture.of(last);
    if (text !== spinner.text) spinner.text = text;
    return '';
  };
  spinner.start();
  const leave = io.floor?.enter({ rest: () => void spinner.stop(), goOn: () => void spinner.start() });
  const resized = (): void => {
    if (!spinner.isSpinning) return;
    if (reflows(env)) write(undone(picture.lines, stream.columns));
    spinner.render();
  };
  stream.on('resize', resized);
  return {
    show: (moment) => (last = moment),
    say: (line) => {
      if (spinner.isSpinning) spinner.clear();
      io.say(line);
    },
    end: () => {
      leave?.();
      stream.off('resize', resized);
      spinner.stop();
    },
  };
};

/**
 * A line every few seconds while anything is shown: what was shown last is said when its time has come, though nothing
 * follows.
 */
export const onPipe = (io: Pick<Io, 'say'>, title: string): Live => {
  let next = performance.now() + FIRST_LINE;
  let titled = false;
  let last: Moment | undefined;
  let due: NodeJS.Timeout | undefined;
  const tell = (): void => {
    due = undefined;
    next = performance.now() + LINE;
    if (!titled) io.say(title);
    titled = true;
    io.say(last?.line() ?? '');
  };
  return {
    show: (moment) => {
      last = moment;
      due ??= setTimeout(tell, next - performance.now()).unref();
    },
    say: io.say,
    end: () => clearTimeout(due),
  };
};

/**
 * Can what was shown be shown over? Not where nobody knows how wide a line is: ora would take away lines without end.
 */
export const canMove = (
  { isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  { TERM, CI }: NodeJS.ProcessEnv,
): boolean => isTTY && columns > 0 && TERM !== 'dumb' && CI === undefined;

/** On a terminal a picture that moves, on a pipe a line every few seconds; nothing that moves when `quiet`. */
export const live = async (io: Io, title: string, quiet: boolean): Promise<Live> => {
  if (quiet) return { show: () => undefined, say: io.say, end: () => undefined };
  return canMove(process.stderr, process.env) ? onTerminal(io, title, process.stderr, process.env) : onPipe(io, title);
};
