# Checks that functions with pitfalls are called in one header only, which handles the pitfalls for all others.
#   cmake -DINCLUDE_DIR=... -P one_place.cmake
cmake_minimum_required(VERSION 3.21)

# one_place(REASON HEADERS FUNCTION...): fails if a header other than HEADERS calls one of the functions.
function(one_place reason allowed)
  list(JOIN ARGN "|" functions)
  file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
  if(NOT headers)
    message(FATAL_ERROR "INCLUDE_DIR=${INCLUDE_DIR} contains no headers.")
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

one_place("Numbers are printed and parsed independently of the locale by the functions of" "core/print_number.hpp;core/parse_number.hpp"
  printf fprintf sprintf snprintf strtof strtod strtold strtol strtoll strtoul strtoull atof atoi atol atoll
  stof stod stold stoi stol stoll from_chars to_chars stringstream ostringstream istringstream)
one_place("Files are opened, written atomically and removed by the functions of" "data/file.hpp;data/filesystem.hpp;data/write_file.hpp"
  fopen freopen tmpfile ofstream ifstream fstream std::rename std::filesystem::[a-z_]+)
one_place("Environment variables are read, with a warning for invalid values, by the functions of" "core/environment.hpp" getenv)
one_place("std::bit_cast is missing in some standard libraries. Its replacement is in" "core/bit_cast.hpp" std::bit_cast)

# With -ffinite-math-only, compilers replace `!(x >= 0)` by `x < 0`, which is false for NaN. core/classify.hpp has comparisons
# that also reject NaN with that option.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
list(REMOVE_ITEM headers core/classify.hpp)
foreach(header IN LISTS headers)
  file(STRINGS "${INCLUDE_DIR}/lamina/${header}" lines REGEX "!\\([^ ()]+(\\([^()]*\\))? (<|<=|>|>=) ")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^ *//")
      string(STRIP "${line}" line)
      message(SEND_ERROR "${header}: ${line}\n  With -ffast-math, a negated comparison does not reject NaN. Use at_least, above, "
        "at_most, below or within of core/classify.hpp, or the opposite comparison of integers.")
    endif()
  endforeach()
endforeach()

# Microsoft's compiler writes what is not ASCII in a string, and \u escapes, in the code page of the system unless an option
# changes that. \x escapes are the same bytes everywhere.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
foreach(header IN LISTS headers)
  file(STRINGS "${INCLUDE_DIR}/lamina/${header}" lines ENCODING UTF-8 REGEX "\"")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "(^|[ ])//.*" "" code "${line}")
    if(code MATCHES "[^\t -~]|(^|[^\\])\\[uU][0-9a-fA-F]")
      string(STRIP "${line}" line)
      message(SEND_ERROR "${header}: ${line}\n  Write the bytes of UTF-8 as \\x escapes, which every compiler takes as they are.")
    endif()
  endforeach()
endforeach()

# Only ops/ records operations together with their gradients; losses, layers and activations call them. The exception is
# checkpoint, which records a block of the user's.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
list(FILTER headers EXCLUDE REGEX "^(autodiff|ops)/|^layers/core/checkpoint\\.hpp$")
foreach(header IN LISTS headers)
  file(STRINGS "${INCLUDE_DIR}/lamina/${header}" lines REGEX "(^|[^A-Za-z0-9_])Recording<")
  foreach(line IN LISTS lines)
    string(STRIP "${line}" line)
    message(SEND_ERROR "${header}: ${line}\n  An operation that defines its own gradient belongs in ops/.")
  endforeach()
endforeach()

# A lambda that is not inlined into a kernel is compiled for the baseline instruction set, whose calling convention for wide
# vectors differs from the kernel's: without optimization, the values would be wrong.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}/lamina" "${INCLUDE_DIR}/lamina/*.hpp")
set(inlining "(kernels::map|map_broadcast|with_lanes|parallel_lanes|unary|unary_gradient|mapped_gradient)")
foreach(header IN LISTS headers)
  file(READ "${INCLUDE_DIR}/lamina/${header}" text)
  string(REGEX MATCHALL "[^A-Za-z0-9_]${inlining}(<[^;{}]*>)?\\([^;{}]*\\]\\([^(){};]*\\)[ \n]*{" bare "${text}")
  foreach(call IN LISTS bare)
    message(SEND_ERROR "${header}: ${call}\n  A lambda for kernels needs LAMINA_INLINE_LAMBDA between its parameters and its body.")
  endforeach()
endforeach()
