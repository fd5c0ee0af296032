// SPDX-License-Identifier: Apache-2.0

/**
 * Of a QEMU's submodules the ones that a build without its own firmware and libraries wants, from 7.2 to 10.1; others, gigabytes of
 * firmware sources among them, are not fetched. An extended regular expression over paths, for us and for grep.
 */
export const QEMU_SUBMODULES =
  '(ui|subprojects)/keycodemapdb|(tests/fp|subprojects)/berkeley-(soft|test)float-3';
