// How a consumed record is printed: by a format with placeholders, or as JSON.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"
#include "runtime/record/record_view.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::command {

/// A record as it is shown. The bytes belong to whoever owns the batch.
struct shown_record {
  std::string_view topic;
  partition_id partition;
  troupe::offset offset;
  timestamp_ms time;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<record::header_view> headers;
};

/// Placeholders: %t topic, %p partition, %o offset, %T milliseconds since 1970, %k key, %K its size, %s
/// value, %S its size (both -1 for null), %h headers as "a=1,b=2", %% a percent sign. Escapes: \n \r \t \0
/// \\ and \xHH.
class record_format {
public:
  /// invalid_argument, with a sentence, for a placeholder or escape that there is not.
  static result<record_format> parse(std::string_view text);

  void append(const shown_record& record, std::string& out) const;

private:
  struct piece {
    char placeholder; // 0: only the text
    std::string text; // before the placeholder
  };

  std::vector<piece> pieces_;
};

/// {"topic":…,"partition":…,"offset":…,"timestamp":…,"key":…,"value":…,"headers":[…]} and the end of the
/// line. Bytes that are not UTF-8 are in base64, under key_base64 and value_base64.
void append_json(const shown_record& record, std::string& out);

} // namespace troupe::command
