#include "runtime/storage/journal_scan.hpp"

#include "runtime/base/crc32c.hpp"

#include <algorithm>
#include <utility>

namespace troupe::storage {

namespace {

/// What is read at once, unless a group is larger. Entries that are kept keep the whole of it.
constexpr std::size_t scan_window_bytes = 2 * limits::mib;
/// A file whose beginning looks unused is searched this far: two damaged groups would have to hide all others.
constexpr std::size_t spare_search_bytes = 2 * limits::journal_group_max_bytes;

/// Reads a file in large aligned pieces that outlive the reader as long as somebody shares them.
class window_reader {
public:
  window_reader(file& from, std::uint64_t size) : from_(from), size_(size) {}

  /// The bytes [position, position + size), which must lie in the file; `position` is at a block.
  bytes at(std::uint64_t position, std::size_t size) {
    if (position < start_ || position + size > start_ + window_.size())
      load(position, std::max(size, scan_window_bytes));
    return window_.slice(static_cast<std::size_t>(position - start_), size);
  }

  bool unreadable(std::uint64_t position, std::size_t size) const {
    return std::any_of(holes_.begin(), holes_.end(), [&](std::uint64_t hole) {
      return hole < position + size && hole + block_size_bytes > position;
    });
  }

  const std::string& read_error() const noexcept { return read_error_; }

private:
  void load(std::uint64_t position, std::size_t size) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(whole_blocks(size), size_ - position));
    auto memory = bytes::allocate(size + block_size_bytes);
    auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    window_ = memory.slice(static_cast<std::size_t>(whole_blocks(address) - address), size);
    start_ = position;
    if (auto got = from_.read_at(position, window_.mutable_data(), size); got && *got == size)
      return;
    for (std::size_t i = 0; i < size; i += block_size_bytes) {
      auto* to = window_.mutable_data() + i;
      // Once more: what a disk cannot read now it may read in a moment, and else its records are lost for good.
      auto got = from_.read_at(position + i, to, block_size_bytes);
      if (!got)
        got = from_.read_at(position + i, to, block_size_bytes);
      if (got && *got == block_size_bytes)
        continue;
      if (!got && read_error_.empty())
        read_error_ = got.error().detail;
      std::memset(to, 0, block_size_bytes);
      holes_.push_back(position + i);
    }
  }

  file& from_;
  std::uint64_t size_;
  bytes window_;
  std::uint64_t start_ = 0;
  std::vector<std::uint64_t> holes_;
  std::string read_error_;
};

/// A stretch without valid groups.
struct invalid_run {
  std::size_t file = 0; ///< its place in the list of files
  std::uint64_t position = 0;
  std::string reason;
  bool was_written = false; ///< it looks as if a group had begun there
  bool unreadable = false;
};

class scanner {
public:
  scanner(file_system& fs, const journal_options& options, const journal_scan_entry& on_entry)
      : fs_(fs), options_(options), on_entry_(on_entry), directory_(options.directory_id) {}

  result<journal_scan> run() {
    if (auto listed = list(); !listed)
      return fail(std::move(listed));
    for (std::size_t i = 0; i < scan_.files.size(); ++i)
      if (auto done = scan_file(i); !done)
        return fail(std::move(done));
    finish();
    return std::move(scan_);
  }

private:
  result<void> list() {
    auto there = fs_.exists(options_.directory);
    if (!there)
      return fail(std::move(there));
    if (!*there)
      return {};
    auto names = fs_.list(options_.directory);
    if (!names)
      return fail(std::move(names));
    for (auto& name : *names)
      if (auto number = parse_journal_file_name(name))
        scan_.files.push_back({*number, options_.directory + "/" + name});
    std::sort(scan_.files.begin(), scan_.files.end(), [](auto& a, auto& b) { return a.number < b.number; });
    return {};
  }

  result<void> scan_file(std::size_t i) {
    auto& state = scan_.files[i];
    auto opened = fs_.open(state.path, {.direct = true});
    if (!opened)
      return fail(std::move(opened));
    scan_.report.direct = scan_.report.direct && (*opened)->is_direct();
    auto size = (*opened)->size();
    if (!size)
      return fail(std::move(size));
    state.size_bytes = *size / block_size_bytes * block_size_bytes;
    if (state.size_bytes == 0)
      return {};
    window_reader reader{**opened, state.size_bytes};
    if (auto read = read_header(state, reader); !read)
      return read;
    scan_groups(i, reader);
    if (state.has_groups && !state.header_intact)
      damage(state.path, 0, "the header of the file is damaged; its groups are read all the same");
    return {};
  }

  result<void> read_header(journal_scan::file_state& state, window_reader& reader) {
    auto block = reader.at(0, block_size_bytes);
    auto header = decode_journal_file_header(block.view());
    if (!header)
      return {};
    if (header->version != journal_format_version)
      return fail(errc::wrong_format, state.path + " has journal format " + std::to_string(header->version)
                                        + ", this is format " + std::to_string(journal_format_version));
    if (directory_ == directory_identity{})
      directory_ = header->directory;
    if (header->directory != directory_)
      return fail(errc::wrong_format, state.path + " belongs to another data directory");
    state.header_intact = header->number == state.number;
    return {};
  }

  void scan_groups(std::size_t i, window_reader& reader) {
    auto& state = scan_.files[i];
    if (state.size_bytes <= block_size_bytes)
      return;
    auto spare = is_spare(state, reader);
    std::optional<invalid_run> run;
    for (std::uint64_t position = block_size_bytes; position < state.size_bytes;) {
      if (spare && !state.has_groups && position >= spare_search_bytes)
        break;
      std::string reason;
      const auto header = read_group(state, reader, position, reason);
      if (header && reason.empty()) {
        report_before(i, position, *header, run);
        run.reset();
        deliver(state, *header, reader.at(position, header->length_bytes));
        position += header->length_bytes;
        scan_.end_position = position;
        continue;
      }
      if (!run)
        run = begin_run(i, reader, position, header, std::move(reason));
      position += header ? header->length_bytes : block_size_bytes;
    }
    if (run)
      open_runs_.push_back(std::move(*run));
  }

  /// The header if it belongs here, intact; `reason` says what is wrong with it, or else with the rest of the group.
  std::optional<journal_group_header> read_group(const journal_scan::file_state& state, window_reader& reader,
                                                 std::uint64_t position, std::string& reason) {
    auto block = reader.at(position, block_size_bytes);
    auto header = decode_journal_group_header(block.view());
    if (!header || header->directory_tag != directory_tag(directory_) || header->file != state.number
        || header->sequence <= scan_.last_sequence || header->session < scan_.last_session
        || header->length_bytes < block_size_bytes || !is_whole_blocks(header->length_bytes)
        || header->length_bytes > state.size_bytes - position) {
      reason = reader.unreadable(position, block_size_bytes) ? "cannot be read (" + reader.read_error() + ")"
                                                             : "no valid group is there";
      return std::nullopt;
    }
    auto group = reader.at(position, header->length_bytes);
    auto body = group.view().substr(journal_group_header_size_bytes);
    if (reader.unreadable(position, header->length_bytes))
      reason = "cannot be read (" + reader.read_error() + ")";
    else if (crc32c(body) != header->body_crc)
      reason = "the checksum of group " + std::to_string(header->sequence) + " does not match";
    else if (!well_formed(*header, body))
      reason = "the entries of group " + std::to_string(header->sequence) + " are malformed";
    return header;
  }

  static bool well_formed(const journal_group_header& header, std::string_view body) {
    for (std::uint32_t n = 0; n < header.entry_count; ++n) {
      auto entry = decode_journal_entry_header(body);
      if (!entry || entry->body_size_bytes > body.size() - journal_entry_header_size_bytes)
        return false;
      body.remove_prefix(journal_entry_header_size_bytes + entry->body_size_bytes);
    }
    return true;
  }

  invalid_run begin_run(std::size_t i, window_reader& reader, std::uint64_t position,
                        const std::optional<journal_group_header>& header, std::string reason) {
    auto& state = scan_.files[i];
    auto size = header ? header->length_bytes : block_size_bytes;
    auto block = reader.at(position, block_size_bytes);
    auto written = header || resembles_journal_group(block.view(), directory_tag(directory_), state.number);
    return {i, position, std::move(reason), written, reader.unreadable(position, size)};
  }

  /// Whether the file holds nothing yet, or only what an earlier life of it has left behind.
  static bool is_spare(const journal_scan::file_state& state, window_reader& reader) {
    auto first = reader.at(block_size_bytes, block_size_bytes);
    auto old = decode_journal_group_header(first.view());
    if (old)
      return old->file < state.number;
    return first.view().find_first_not_of('\0') == std::string_view::npos;
  }

  /// A valid group follows: whatever lies between it and the last one was one, too.
  void report_before(std::size_t i, std::uint64_t position, const journal_group_header& next,
                     const std::optional<invalid_run>& run) {
    auto first = scan_.last_sequence + 1;
    auto lost = scan_.last_sequence == 0 || next.sequence == first ? std::string{}
                : next.sequence == first + 1                       ? "; group " + std::to_string(first) + " is lost"
                : "; groups " + std::to_string(first) + " to " + std::to_string(next.sequence - 1) + " are lost";
    if (run)
      damage(scan_.files[i].path, run->position, run->reason + lost);
    else if (!lost.empty())
      report_gap(i, position, lost);
    open_runs_.clear();
  }

  /// Groups are lost that stood in an earlier file.
  void report_gap(std::size_t i, std::uint64_t position, const std::string& lost) {
    auto after = scan_.last_file.value() + 1;
    auto here = scan_.files[i].number.value();
    for (auto number = after; number < here; ++number) {
      auto there = std::any_of(scan_.files.begin(), scan_.files.end(),
                               [&](auto& f) { return f.number.value() == number; });
      if (!there)
        return damage(options_.directory + "/" + journal_file_name(journal_file_number{number}), 0,
                      "the file is missing" + lost);
    }
    if (open_runs_.empty())
      return damage(scan_.files[i].path, position, "what comes before this group is missing" + lost);
    auto& run = open_runs_.back();
    damage(scan_.files[run.file].path, run.position, run.reason + lost);
  }

  void deliver(journal_scan::file_state& state, const journal_group_header& header, const bytes& group) {
    auto at = journal_group_header_size_bytes;
    for (std::uint32_t n = 0; n < header.entry_count; ++n) {
      auto header = *decode_journal_entry_header(group.view().substr(at));
      at += journal_entry_header_size_bytes;
      auto body = group.slice(at, header.body_size_bytes);
      at += header.body_size_bytes;
      journal_entry entry{header.partition, header.base_offset, header.next_offset, {}, std::nullopt};
      if (header.kind == journal_entry_kind::flushed)
        entry.flushed = decode_segments_end(body.view());
      else
        entry.batch = std::move(body);
      on_entry_(state.number, entry);
    }
    if (scan_.last_sequence == 0)
      first_file_ = state.number;
    state.has_groups = true;
    ++scan_.report.groups;
    scan_.report.entries += header.entry_count;
    scan_.report.size_bytes += header.length_bytes;
    scan_.last_file = state.number;
    scan_.last_sequence = header.sequence;
    scan_.last_session = header.session;
    scan_.oldest_needed = header.oldest_file;
    scan_.last_is_seal = header.kind == journal_group_kind::seal;
  }

  void finish() {
    for (auto number = scan_.oldest_needed.value(); number < first_file_.value(); ++number)
      report_lost_file(journal_file_number{number});
    // A second file is made only once there is a group, and the file with the newest group is never given back.
    if (scan_.last_sequence == 0 && !scan_.files.empty() && scan_.files.back().number.value() > 1)
      report_lost_file(journal_file_number{std::max<std::uint64_t>(1, scan_.files.front().number.value() - 1)});
    // Nothing valid follows. Only the first of the stretches is where a group was being written.
    for (auto& run : open_runs_) {
      auto& path = scan_.files[run.file].path;
      if (run.unreadable) {
        scan_.end_unreadable = true;
        damage(path, run.position, run.reason);
      } else if (run.was_written) {
        scan_.report.cut = {path, run.position, sentence(path, run.position, run.reason + "; the write was cut short")};
      } else {
        continue;
      }
      break;
    }
  }

  /// A file that holds entries that somebody still needs holds no valid group.
  void report_lost_file(journal_file_number number) {
    auto path = options_.directory + "/" + journal_file_name(number);
    auto there = std::any_of(scan_.files.begin(), scan_.files.end(), [&](auto& f) { return f.number == number; });
    damage(path, 0, there ? "no valid group is left in this file" : "the file is missing");
  }

  static std::string sentence(const std::string& path, std::uint64_t position, const std::string& what) {
    return path + " at " + std::to_string(position) + ": " + what;
  }

  void damage(const std::string& path, std::uint64_t position, const std::string& what) {
    scan_.report.damage.push_back({path, position, sentence(path, position, what)});
  }

  file_system& fs_;
  const journal_options& options_;
  const journal_scan_entry& on_entry_;
  directory_identity directory_;
  journal_scan scan_;
  journal_file_number first_file_;
  std::vector<invalid_run> open_runs_;
};

} // namespace

result<journal_scan> scan_journal(file_system& fs, const journal_options& options, const journal_scan_entry& on_entry) {
  return scanner{fs, options, on_entry}.run();
}

} // namespace troupe::storage
