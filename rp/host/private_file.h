// Files that keep a secret: every key, password, database, letter and backup is made, opened and judged here, and
// nowhere else (docs/decisions/0021-private-files.md).
//
// Private is a regular file that
//   - belongs to root or to the user whom the process runs as (for root, also to the owner of the file's folder: that
//   is
//     the service on whose files root works);
//   - nobody but its owner may write, and others may not read; its group may read where root gave it that group, or
//     where it is the process's own;
//   - lies in a folder in which nobody else may replace it (others may not write there, unless the sticky bit is set).
// It is judged by the open file, never by its name. A link in its place is followed where the link itself belongs to
// whom the file may belong to, as mounts of secrets make them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rp/base/result.h"
#include "rp/host/descriptor.h"

namespace tegata::host {

inline constexpr std::size_t largest_secret = 64 * 1024;

// All of a private file. Errors: file_unreadable (also where it is empty or has more than `most` octets),
// file_open_to_others, whose detail names path, mode, owner and the command that mends it.
Result<std::string> read_private_file(const std::string& path, std::size_t most = largest_secret);

// One that is there, opened with `flags` (O_RDONLY, O_RDWR). Errors as above.
Result<Descriptor> open_private_file(const std::string& path, int flags);

// Judges one that something else opens, and closes nothing that this process has open (SQLite's locks end with any
// descriptor of their file). Gives where it lies behind links. Errors as above.
Result<std::string> verify_private_file(const std::string& path);

// Where one lies behind links, or would: the last one may lead to a file that is not there yet. Links are judged as
// above. Whoever replaces a file there leaves the links alone. Errors: file_unreadable, file_open_to_others.
Result<std::string> place_behind_links(const std::string& path);

// Whether anything has that name, a link that leads nowhere included.
bool is_there(const std::string& path);

// A new file (0600), open for reading and writing; for root, it belongs to the owner of its folder. It is never opened
// through a link, and nothing that is there already is touched. Error: file_not_written.
Result<Descriptor> create_private_file(const std::string& path);

// Written beside its place as create_private_file() makes it, synced, then put there: there whole or not at all, also
// after a power cut. Where `keep` is set and something stands there already, that stays and nothing is written over it.
// A link is replaced, not followed. Error: file_not_written.
Status write_private_file(const std::string& path, std::string_view text, bool keep);

// Likewise, for everybody to read (0644): certificates. Error: file_not_written.
Status write_public_file(const std::string& path, std::string_view text);

// What stands at `path` reaches the disk, with its name. Error: file_not_written.
Status sync_file(const std::string& path);

// A directory that only its owner may enter (0700), with those above it; one that is there stays as it is.
// Error: file_not_written.
Status make_private_directory(const std::string& path);

// Whether a directory is there, or could be made, in which we may make files and nobody else may replace them. Errors:
// file_unreadable, file_open_to_others, file_not_written.
Status verify_place(const std::string& directory);

// Whether nobody but whom the files of a folder may belong to can replace them. Errors: file_unreadable,
// file_open_to_others.
Status verify_folder(const std::string& folder);

}  // namespace tegata::host
