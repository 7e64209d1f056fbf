import { HostLimiter } from '../../torrent/rates/hostLimiter.ts';

/** Maximum number of accepted connections per second; twice as many may accumulate during a pause. */
export const CALL_RATE = 200;
/** The same for one public host. */
export const CALL_RATE_PER_HOST = 20;
/** How many one such host may accumulate: it may have a whole household of peers behind it. */
export const CALL_BURST_PER_HOST = 100;
/**
 * The same for hosts on this machine and in local networks, where one process may have hundreds of torrents in common
 * with us.
 */
export const CALL_RATE_NEARBY = 100;
export const CALL_BURST_NEARBY = 300;
/** Maximum number of hosts remembered; the one that called longest ago is forgotten first. */
export const MAX_CALLERS = 1000;

/** Limits the rate of incoming connections. */
export class AcceptLimiter extends HostLimiter {
  constructor() {
    super({
      host: { rate: CALL_RATE_PER_HOST, burst: CALL_BURST_PER_HOST },
      nearby: { rate: CALL_RATE_NEARBY, burst: CALL_BURST_NEARBY },
      all: { rate: CALL_RATE, burst: 2 * CALL_RATE },
      remembered: MAX_CALLERS,
    });
  }
}
