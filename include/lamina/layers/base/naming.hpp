#pragma once
#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include "lamina/core/list.hpp"
#include "lamina/core/names.hpp"

#if LAMINA_HAS_RTTI
#include <typeinfo>
#if (defined(__GNUC__) || defined(__clang__)) && !defined(_MSC_VER)
#include <cxxabi.h>
#endif
#endif

// The automatic names of layers.

namespace lamina {

/// The last argument of layers without other options: `Reshape({4, 4}, {.name = "image"})`.
struct NameOption {
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

namespace detail {

/// Returns the unqualified class name of a value, without template arguments; "Layer" in programs without RTTI.
template <class T>
LAMINA_COLD std::string type_name_of([[maybe_unused]] const T& value) {
#if LAMINA_HAS_RTTI
  std::string name = typeid(value).name();
#if (defined(__GNUC__) || defined(__clang__)) && !defined(_MSC_VER)
  int status = 0;
  if (char* readable = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status)) {
    name = readable;
    std::free(readable);
  }
#endif
  for (const char* prefix : {"class ", "struct "})
    if (name.rfind(prefix, 0) == 0) name.erase(0, std::string(prefix).size());
  // Cut template arguments and argument lists of enclosing functions, then everything before the last ::.
  std::string plain;
  int depth = 0;
  for (char c : name) {
    if (c == '<' || c == '(') ++depth;
    if (depth == 0) plain += c;
    if (c == '>' || c == ')') --depth;
  }
  const std::size_t colon = plain.rfind("::");
  return colon == std::string::npos ? plain : plain.substr(colon + 2);
#else
  return "Layer";
#endif
}

/// The number of automatic names for each base name.
struct NameCounts {
  std::mutex mutex;
  List<std::pair<std::string, int>> counts;
  LAMINA_COLD static NameCounts& instance() {
    static auto& names = *new NameCounts;  // never destroyed: destructors of static objects may create layers
    return names;
  }
};

/// Returns `base` on the first call, then `base_1`, `base_2`, ...
LAMINA_COLD inline std::string unique_name(const std::string& base) {
  NameCounts& names = NameCounts::instance();
  const std::lock_guard lock(names.mutex);
  for (auto& [known, count] : names.counts)
    if (known == base) return base + "_" + std::to_string(count++);
  names.counts.emplace_back(base, 1);
  return base;
}

/// Removes a pointer from a list.
template <class T>
void erase(List<T*>& from, const T* what) noexcept {
  from.erase_if([what](const T* one) { return one == what; });
}

}  // namespace detail

/// Restarts the numbering of automatic names. Keras's `keras.utils.clear_session`.
inline void clear_session() {
  detail::NameCounts& names = detail::NameCounts::instance();
  const std::lock_guard lock(names.mutex);
  names.counts.clear();
}

}  // namespace lamina
