#!/bin/sh
# macros.sh leaked|of_others INCLUDE_DIR COMPILER [FLAGS]...
# leaked: checks that <lamina/lamina.hpp> defines only macros named LAMINA_*, and changes no macro of the standard library or
# Eigen. of_others: checks that no header uses a name that a well-known header defines as a macro, and that the macros min and
# max, if defined, are still defined afterwards.
set -eu
export LC_ALL=C
check=$1 include_dir=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The headers of other libraries that lamina's headers include. They come first, because libstdc++ undefines min and max.
sh "$(dirname "$0")/../../cmake/list_headers.sh" others "$include_dir" >"$scratch/others.cpp"

case $check in
leaked)
  echo '#include <lamina/lamina.hpp>' >"$scratch/lamina.cpp"
  for file in others lamina; do
    "$@" -dM -E "$scratch/$file.cpp" -o "$scratch/$file.macros"
    sort -o "$scratch/$file.macros" "$scratch/$file.macros"
  done
  if comm -13 "$scratch/others.macros" "$scratch/lamina.macros" | grep -v '^#define LAMINA_'; then
    echo "<lamina/lamina.hpp> defines the macros above without the prefix LAMINA_, or changes them."
    exit 1
  fi
  ;;
of_others)
  {
    cat "$scratch/others.cpp"
    # X11, windows.h, Qt, complex.h, AssertMacros.h and Objective-C of Apple, Unreal, termios.h and ctype.h, Arduino.
    for name in \
      Above Always Below Bool Button1 Button2 ButtonPress ClientMessage Complex ControlMask Convex CursorShape DestroyAll Expose \
      False FocusIn FocusOut GrayScale KeyPress KeyRelease LineSolid LSBFirst MSBFirst No None Nonconvex NormalState Opposite \
      ParentRelative PropModeAppend StaticGray Status Success True Unsorted Yes \
      ABSOLUTE ALTERNATE CALLBACK CONST CopyFile CreateDirectory CreateFile CreateWindow DELETE DIFFERENCE DOMAIN DeleteFile \
      DrawText ERROR FAR FindText GetClassName GetCurrentTime GetFreeSpace GetMessage GetObject IGNORE IN INFINITE INPUT INTERFACE \
      LoadImage LoadLibrary LoadString MoveFile NEAR NO_ERROR OPAQUE OPTIONAL OUT OVERFLOW RELATIVE RGB SendMessage STRICT TEXT \
      THIS TRANSPARENT UNDERFLOW VOID WINDING Yield cdecl far hyper interface near pascal small \
      emit foreach forever signals slots Q_EMIT Q_OBJECT Q_SIGNALS Q_SLOTS QT_VERSION \
      I complex imaginary _Complex_I \
      check check_noerr nil Nil NO require require_noerr verify verify_noerr YES \
      CHECK DEBUG ensure FATAL INFO LOG PI TRACE UI VERIFY WARNING checkf \
      B0 B1 B2 B50 B110 CR0 ECHO NL0 TAB0 major makedev minor _A _B _C _D _E _F _L _N _P _S _T _U _X \
      DEFAULT DISABLED ENABLED EULER FALSE HALF_PI HIGH LOW OUTPUT TRUE TWO_PI; do
      printf '#undef %s\n#define %s (a macro of others)\n' "$name" "$name"
    done
    for name in bit constrain degrees radians sq word Abs F Free Max Min; do
      printf '#undef %s\n#define %s(x) (a macro of others)\n' "$name" "$name"
    done
    printf '#define min(a, b) ((a) < (b) ? (a) : (b))\n#define max(a, b) ((a) > (b) ? (a) : (b))\n'
    sh "$(dirname "$0")/../../cmake/list_headers.sh" lamina "$include_dir"
    echo 'int main() { return max(0, min(1, 0)); }'
  } >"$scratch/of_others.cpp"
  "$@" -fsyntax-only "$scratch/of_others.cpp"
  ;;
esac
