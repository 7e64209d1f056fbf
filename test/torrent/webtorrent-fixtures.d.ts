declare module 'webtorrent-fixtures' {
  interface Fixture {
    readonly torrent: Uint8Array;
    readonly magnetURI: string;
    readonly parsedTorrent: {
      readonly infoHash: string;
      readonly name: string;
      readonly length: number;
      readonly pieceLength: number;
      readonly lastPieceLength: number;
      readonly pieces: readonly string[];
      readonly private?: boolean;
      readonly announce: readonly string[];
      readonly urlList: readonly string[];
      readonly files: readonly { readonly path: string; readonly length: number; readonly offset: number }[];
    };
  }
  const fixtures: Readonly<
    Record<'leaves' | 'alice' | 'folder' | 'numbers' | 'lotsOfNumbers' | 'bunny' | 'sintel' | 'leavesMetadata', Fixture>
  > & {
    readonly corrupt: Pick<Fixture, 'torrent'>;
    readonly blocklist: unknown;
  };
  export default fixtures;
}
