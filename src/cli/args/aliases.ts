/** Names that other programs gave to some commands. */
export const aliases: Readonly<Record<string, string>> = {
  magnet_download: 'download',
  magnet_info: 'info',
  magnet_download_piece: 'download_piece',
};
