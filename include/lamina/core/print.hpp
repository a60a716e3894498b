#pragma once
#include <cstdio>
#include <string>

#include "lamina/core/error.hpp"

namespace lamina::detail {

/// Writes the joined parts to the standard output stream, in one call.
template <class... Parts>
LAMINA_COLD void print(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  std::fputs(join(pieces, sizeof...(parts)).c_str(), stdout);
}

}  // namespace lamina::detail
