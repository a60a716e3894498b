#pragma once
#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "lamina/core/list.hpp"
#include "lamina/core/names.hpp"

#if LAMINA_HAS_RTTI
#include <typeinfo>
#if defined(__GNUC__) || defined(__clang__)
#include <cxxabi.h>
#endif
#endif

// How layers get their names.

namespace lamina {

/// What layers without further options take last: `Reshape({4, 4}, {.name = "image"})`. An empty name is made from the
/// class's.
struct NameOption {
  std::string name = {};
};

namespace detail {

/// The unqualified name of a value's class, without template arguments; `Layer` where the program has no type
/// information.
template <class T>
LAMINA_COLD std::string type_name_of([[maybe_unused]] const T& value) {
#if LAMINA_HAS_RTTI
  std::string name = typeid(value).name();
#if defined(__GNUC__) || defined(__clang__)
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

struct NameCounts {
  std::mutex mutex;
  List<std::pair<std::string, int>> counts;
  LAMINA_COLD static NameCounts& instance() {
    static auto& names = *new NameCounts;  // never destroyed: destructors of static objects may make layers
    return names;
  }
};

/// `dense` the first time, then `dense_1`, `dense_2`.
LAMINA_COLD inline std::string unique_name(const std::string& base) {
  NameCounts& names = NameCounts::instance();
  const std::lock_guard lock(names.mutex);
  for (auto& [known, count] : names.counts)
    if (known == base) return base + "_" + std::to_string(count++);
  names.counts.emplace_back(base, 1);
  return base;
}

template <class T>
void erase(List<T*>& from, const T* what) noexcept {
  from.erase_if([what](const T* one) { return one == what; });
}

}  // namespace detail

/// Automatic names start from the beginning again. Keras's clear_session.
inline void clear_session() {
  detail::NameCounts& names = detail::NameCounts::instance();
  const std::lock_guard lock(names.mutex);
  names.counts.clear();
}

}  // namespace lamina
