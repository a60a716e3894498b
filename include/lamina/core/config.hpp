#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/core/classify.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/shape.hpp"

namespace lamina {

/// A configuration in Keras's format: null, a boolean, an integer, a floating-point number, a string, a list, or a map
/// from names to configurations. A map keeps the order of its members.
///
///     Config c;
///     c["class_name"] = "Dense";
///     c["config"]["units"] = 10;
///     c.at("config").at("units").as_integer();   // 10
///
/// Accessors throw ValueError, with the configuration in the text, if the value has another type or a member is
/// missing.
class Config {
 public:
  /// The type of the value.
  enum class Kind { null, boolean, integer, real, string, list, map };
  /// A member of a map: name and value.
  using Member = std::pair<std::string, Config>;

  Config() noexcept {}  ///< A null value.
  /// A null value.
  Config(std::nullptr_t) noexcept {}  // NOLINT: implicit, as all constructors from values
  /// A boolean, an integer or a floating-point number.
  template <class T>
    requires(std::is_arithmetic_v<T>)
  LAMINA_COLD Config(T value) noexcept {  // NOLINT
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = Kind::boolean;
      integer_ = value ? 1 : 0;
    } else if constexpr (std::is_integral_v<T>) {
      kind_ = Kind::integer;
      integer_ = static_cast<std::int64_t>(value);
    } else {
      kind_ = Kind::real;
      real_ = static_cast<double>(value);
    }
  }
  LAMINA_COLD Config(const Config&) = default;      ///< Copies the value.
  LAMINA_COLD Config(Config&&) noexcept = default;  ///< Moves the value.
  LAMINA_COLD ~Config() = default;
  /// Replaces the value.
  LAMINA_COLD Config& operator=(Config other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(integer_, other.integer_);
    std::swap(real_, other.real_);
    text_.swap(other.text_);
    members_.swap(other.members_);
    return *this;
  }
  /// A string.
  Config(std::string text) : kind_(Kind::string), text_(std::move(text)) {}  // NOLINT
  /// A string.
  Config(std::string_view text) : Config(std::string(text)) {}  // NOLINT
  /// A string.
  Config(const char* text) : Config(std::string(text)) {}  // NOLINT

  /// Returns a list of these elements; by default, an empty list.
  LAMINA_COLD static Config list(std::vector<Config> elements = {}) {
    Config c;
    c.kind_ = Kind::list;
    for (Config& element : elements) c.push_back(std::move(element));
    return c;
  }
  /// Returns an empty map.
  LAMINA_COLD static Config map() {
    Config c;
    c.kind_ = Kind::map;
    return c;
  }

  Kind kind() const noexcept { return kind_; }                         ///< The type of the value.
  bool is_null() const noexcept { return kind_ == Kind::null; }        ///< True for null.
  bool is_boolean() const noexcept { return kind_ == Kind::boolean; }  ///< True for a boolean.
  bool is_integer() const noexcept { return kind_ == Kind::integer; }  ///< True for an integer.
  /// True for an integer or a floating-point number.
  bool is_number() const noexcept { return kind_ == Kind::integer || kind_ == Kind::real; }
  bool is_string() const noexcept { return kind_ == Kind::string; }  ///< True for a string.
  bool is_list() const noexcept { return kind_ == Kind::list; }      ///< True for a list.
  bool is_map() const noexcept { return kind_ == Kind::map; }        ///< True for a map.

  /// The value of a boolean, or of the numbers 0 and 1, which Python writes for booleans. Throws ValueError for others.
  LAMINA_COLD bool as_bool() const {
    const bool number = is_number() && (as_real() == 0 || as_real() == 1);
    if (kind_ != Kind::boolean && !number) raise_unfit("true or false");
    return number ? as_real() != 0 : integer_ != 0;
  }
  /// The value of an integer, or of a floating-point number with an integral value. Throws ValueError for other values,
  /// and if the integer does not fit in `T`.
  template <std::integral T = std::int64_t>
  LAMINA_COLD T as_integer() const {
    const std::int64_t value = integer();
    if constexpr (sizeof(T) < sizeof(value))
      if (!std::in_range<T>(value)) raise_out_of_range(std::numeric_limits<T>::digits);
    return static_cast<T>(value);
  }
  /// The value of an integer or a floating-point number. Throws ValueError for other types.
  LAMINA_COLD double as_real() const {
    if (kind_ == Kind::integer) return static_cast<double>(integer_);
    if (kind_ != Kind::real) raise_unfit("a number");
    return real_;
  }
  /// The value of a string. Throws ValueError for other types.
  LAMINA_COLD const std::string& as_string() const {
    if (kind_ != Kind::string) raise_unfit("a string");
    return text_;
  }

  /// The elements of a list. Throws ValueError for other types.
  LAMINA_COLD std::vector<Config> elements() const {
    if (kind_ != Kind::list) raise_unfit("a list");
    std::vector<Config> all;
    for (const Member& m : members_) all.push_back(m.second);
    return all;
  }
  /// The members of a map, in order. Throws ValueError for other types.
  LAMINA_COLD const List<Member>& members() const& {
    if (kind_ != Kind::map) raise_unfit("a map");
    return members_;
  }
  /// Moves the members out of a map. Throws ValueError for other types.
  LAMINA_COLD List<Member> members() && {
    if (kind_ != Kind::map) raise_unfit("a map");
    return std::move(members_);
  }
  /// The number of elements or members; 0 for other types.
  std::size_t size() const noexcept { return members_.size(); }
  /// Appends an element to a list; null becomes a list. Throws ValueError for other types.
  LAMINA_COLD void push_back(Config element) {
    if (kind_ == Kind::null) kind_ = Kind::list;
    if (kind_ != Kind::list) raise_unfit("a list");
    members_.emplace_back(std::string(), std::move(element));
  }
  /// Element `position` of a list. Throws ValueError if it is out of range, or for other types.
  template <std::integral Integer>
  LAMINA_COLD const Config& operator[](Integer position) const {
    if (kind_ != Kind::list) raise_unfit("a list");
    const auto i = static_cast<std::size_t>(position);
    if (i >= members_.size())
      raise<ValueError>("configuration: index ", i, " is out of range for a list of ", members_.size());
    return members_[i].second;
  }
  /// Element `position` of a list. Throws ValueError if it is out of range, or for other types.
  template <std::integral Integer>
  Config& operator[](Integer position) {
    return const_cast<Config&>(std::as_const(*this)[position]);
  }
  /// Member `name` of a map, which is added as null if it is missing; null becomes a map. Throws ValueError for other
  /// types.
  LAMINA_COLD Config& operator[](std::string_view name) {
    if (kind_ == Kind::null) kind_ = Kind::map;
    if (kind_ != Kind::map) raise_unfit("a map");
    for (Member& m : members_)
      if (m.first == name) return m.second;
    members_.emplace_back(std::string(name), Config());
    return members_.back().second;
  }
  Config& operator[](const char* name) { return (*this)[std::string_view(name)]; }  ///< See above.
  /// Returns a pointer to member `name` of a map; null if it is missing or the value is not a map.
  LAMINA_COLD const Config* find(std::string_view name) const noexcept {
    if (kind_ == Kind::map)
      for (const Member& m : members_)
        if (m.first == name) return &m.second;
    return nullptr;
  }
  /// Member `name` of a map. Throws ValueError if it is missing or the value is not a map.
  LAMINA_COLD const Config& at(std::string_view name) const {
    const Config* found = find(name);
    if (found == nullptr) raise<ValueError>("configuration: expected a member \"", name, "\", got ", shortened());
    return *found;
  }

  /// True if types and values are equal. An integer equals a floating-point number of the same value.
  friend bool operator==(const Config& a, const Config& b) {
    if (a.is_number() && b.is_number()) return a.as_real() == b.as_real();
    return a.kind_ == b.kind_ && a.integer_ == b.integer_ && a.text_ == b.text_ && a.members_ == b.members_;
  }

  /// The configuration as JSON, on one line. NaN and infinity, which JSON lacks, are written as Python does: NaN,
  /// Infinity, -Infinity.
  LAMINA_COLD std::string to_string() const {
    std::string out;
    write(out);
    return out;
  }

 private:
  std::int64_t whole() const noexcept { return static_cast<std::int64_t>(real_); }
  LAMINA_COLD std::int64_t integer() const {
    if (kind_ == Kind::integer) return integer_;
    if (kind_ != Kind::real || !detail::within(real_, -9e15, 9e15) || real_ != static_cast<double>(whole()))
      raise_unfit("an integer");
    return whole();
  }
  LAMINA_COLD std::string shortened() const {
    const std::string all = to_string();
    return all.size() <= 200 ? all : all.substr(0, 200) + "...";
  }
  [[noreturn]] LAMINA_NOINLINE void raise_unfit(const char* expected) const {
    raise<ValueError>("configuration: expected ", expected, ", got ", shortened());
  }
  [[noreturn]] LAMINA_NOINLINE void raise_out_of_range(int bits) const {
    raise<ValueError>("configuration: expected an integer of at most ", bits, " bits, got ", shortened());
  }
  LAMINA_COLD static void write_text(std::string& out, const std::string& text) {
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out += "\\u00" + detail::hexadecimal(c);
      } else {
        out += c;
      }
    }
    out += '"';
  }
  LAMINA_COLD void write(std::string& out) const {
    switch (kind_) {
      case Kind::null:
        out += "null";
        return;
      case Kind::boolean:
        out += integer_ != 0 ? "true" : "false";
        return;
      case Kind::integer:
        out += std::to_string(integer_);
        return;
      case Kind::real:
        write_real(out);
        return;
      case Kind::string:
        write_text(out, text_);
        return;
      case Kind::list:
      case Kind::map:
        break;
    }
    out += kind_ == Kind::list ? '[' : '{';
    for (const Member& m : members_) {
      if (&m != members_.data()) out += ", ";
      if (kind_ == Kind::map) {
        write_text(out, m.first);
        out += ": ";
      }
      m.second.write(out);
    }
    out += kind_ == Kind::list ? ']' : '}';
  }
  LAMINA_COLD void write_real(std::string& out) const {
    if (is_nan(real_)) {
      out += "NaN";
    } else if (!is_finite(real_)) {
      out += real_ > 0 ? "Infinity" : "-Infinity";
    } else {
      const std::string digits = detail::print_number(real_);
      out += digits;
      if (digits.find_first_of(".e") == std::string::npos) out += ".0";
    }
  }

  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  List<Member> members_;  // the elements of a list are members with empty names
};

}  // namespace lamina
