const TYPES: Readonly<Record<string, string>> = {
  aac: 'audio/aac',
  ass: 'text/x-ssa',
  avi: 'video/x-msvideo',
  flac: 'audio/flac',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  m2ts: 'video/mp2t',
  m4a: 'audio/mp4',
  m4v: 'video/mp4',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpeg',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  ogv: 'video/ogg',
  opus: 'audio/ogg',
  png: 'image/png',
  srt: 'application/x-subrip',
  ts: 'video/mp2t',
  vtt: 'text/vtt',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  wma: 'audio/x-ms-wma',
  wmv: 'video/x-ms-wmv',
};

/** Of what no player shows: a browser must not run a page that a stranger has put into a torrent. */
export const OTHER = 'application/octet-stream';

/** The media type of a file, by the end of its name. */
export const mediaType = (name: string): string => {
  const end = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(TYPES, end) ? (TYPES[end] ?? OTHER) : OTHER;
};

/** Is it a film or music? */
export const isPlayed = (name: string): boolean => /^(audio|video)\//.test(mediaType(name));
