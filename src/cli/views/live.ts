import type { Ora } from 'ora';
import type { Io } from '../io.ts';

/** Milliseconds between two pictures on a terminal: four a second. */
const FRAME = 250;
/** Milliseconds between two lines on a pipe; before the first one less, and what is done sooner needs none. */
const LINE = 5000;
const FIRST_LINE = 2000;

/** One moment of what is going on, for a terminal of some width and for a log. */
export interface Moment {
  lines(width: number): readonly string[];
  line(): string;
}

/** What moves while a command runs. It writes to stderr only; stdin is not touched. */
export interface Live {
  show(moment: Moment): void;
  /** A line that stays, above what moves. */
  say(line: string): void;
  /** Takes what moves away. */
  end(): void;
}

const onTerminal = async (io: Io, title: string): Promise<Live> => {
  const { default: ora } = await import('ora');
  const width = (): number => Math.max(8, (process.stderr.columns ?? 80) - 3);
  const spinner: Ora = ora({ text: title, discardStdin: false, interval: FRAME, stream: process.stderr }).start();
  const leave = io.floor?.enter({ rest: () => void spinner.stop(), goOn: () => void spinner.start() });
  return {
    show: (moment) => {
      // Drawn at the next frame, however often it changes.
      spinner.text = [title, ...moment.lines(width())].join('\n  ');
    },
    say: (line) => {
      if (spinner.isSpinning) spinner.clear();
      io.say(line);
    },
    end: () => {
      leave?.();
      spinner.stop();
    },
  };
};

const onPipe = (io: Io, title: string): Live => {
  let next = performance.now() + FIRST_LINE;
  let titled = false;
  return {
    show: (moment) => {
      const now = performance.now();
      if (now < next) return;
      if (!titled) io.say(title);
      titled = true;
      next = now + LINE;
      io.say(moment.line());
    },
    say: io.say,
    end: () => undefined,
  };
};

/** Can what was shown be shown over? Not where nobody knows how wide a line is: ora would take away lines without end. */
export const canMove = ({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>, { TERM, CI }: NodeJS.ProcessEnv): boolean =>
  isTTY && columns > 0 && TERM !== 'dumb' && CI === undefined;

/** On a terminal a picture that moves, on a pipe a line every few seconds; nothing that moves when `quiet`. */
export const live = async (io: Io, title: string, quiet: boolean): Promise<Live> => {
  if (quiet) return { show: () => undefined, say: io.say, end: () => undefined };
  return canMove(process.stderr, process.env) ? onTerminal(io, title) : onPipe(io, title);
};
