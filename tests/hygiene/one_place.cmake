# What only one header does, and every other through it: so that a trap is dealt with once.
#   cmake -DINCLUDE_DIR=... -P one_place.cmake
cmake_minimum_required(VERSION 3.21)

# one_place(REASON HEADERS FUNCTION...): a call of these functions stands in no other header.
function(one_place reason allowed)
  list(JOIN ARGN "|" functions)
  file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
  if(NOT headers)
    message(FATAL_ERROR "INCLUDE_DIR=${INCLUDE_DIR} holds no headers.")
  endif()
  list(REMOVE_ITEM headers ${allowed})
  foreach(header IN LISTS headers)
    file(STRINGS "${INCLUDE_DIR}/lamina/${header}" lines REGEX "(^|[^A-Za-z0-9_.>])(${functions})[ (<]")
    foreach(line IN LISTS lines)
      if(NOT line MATCHES "^ *//")
        string(STRIP "${line}" line)
        message(SEND_ERROR "${header}: ${line}\n  ${reason}: ${allowed}.")
      endif()
    endforeach()
  endforeach()
endfunction()

one_place("Numbers are printed and parsed without regard to the locale, in" "core/print_number.hpp;core/parse_number.hpp"
  printf fprintf sprintf snprintf strtof strtod strtold strtol strtoll strtoul strtoull atof atoi atol atoll
  stof stod stold stoi stol stoll from_chars to_chars stringstream ostringstream istringstream)
one_place("Files are opened, written whole and removed in" "data/file.hpp;data/filesystem.hpp;data/write_file.hpp"
  fopen freopen tmpfile ofstream ifstream fstream std::rename std::filesystem::[a-z_]+)
one_place("Environment variables are read, with a warning for what cannot be used, in" "core/environment.hpp" getenv)
one_place("std::bit_cast, which not every C++ library has, is replaced in" "core/bit_cast.hpp" std::bit_cast)

# Under -ffinite-math-only compilers take `!(x >= 0)` for `x < 0`, which NaN passes: comparisons that NaN is to fail are
# those of core/classify.hpp.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
list(REMOVE_ITEM headers core/classify.hpp)
foreach(header IN LISTS headers)
  file(STRINGS "${INCLUDE_DIR}/lamina/${header}" lines REGEX "!\\([^ ()]+(\\([^()]*\\))? (<|<=|>|>=) ")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^ *//")
      string(STRIP "${line}" line)
      message(SEND_ERROR "${header}: ${line}\n  A negated comparison lets NaN pass under -ffast-math; use at_least, above, "
        "at_most, below or within of core/classify.hpp, or the opposite comparison of integers.")
    endif()
  endforeach()
endforeach()

# Operations are recorded in ops/, with their gradients beside them; losses, layers and activations call them. A checkpoint
# records a block of a user's.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
list(FILTER headers EXCLUDE REGEX "^(autodiff|ops)/|^layers/core/checkpoint\\.hpp$")
foreach(header IN LISTS headers)
  file(STRINGS "${INCLUDE_DIR}/lamina/${header}" lines REGEX "(^|[^A-Za-z0-9_])Recording<")
  foreach(line IN LISTS lines)
    string(STRIP "${line}" line)
    message(SEND_ERROR "${header}: ${line}\n  An operation that brings its own gradient belongs in ops/.")
  endforeach()
endforeach()

# A function that is not inlined into a kernel's version for an instruction set is passed vectors as other instruction sets pass
# them: without optimization the values are wrong.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
set(inlining "(kernels::map|map_broadcast|with_lanes|parallel_lanes|unary|unary_gradient|mapped_gradient)")
foreach(header IN LISTS headers)
  file(READ "${INCLUDE_DIR}/lamina/${header}" text)
  string(REGEX MATCHALL "[^A-Za-z0-9_]${inlining}(<[^;{}]*>)?\\([^;{}]*\\]\\([^(){};]*\\)[ \n]*{" bare "${text}")
  foreach(call IN LISTS bare)
    message(SEND_ERROR "${header}: ${call}\n  A lambda for kernels needs LAMINA_INLINE_LAMBDA between its parameters and its body.")
  endforeach()
endforeach()
