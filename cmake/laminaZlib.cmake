# lamina::zlib is lamina::lamina with zlib, for programs that read compressed data. It exists if zlib is installed on the
# machine that compiles the program, so both the build and the installed package include this file.
if(NOT TARGET ZLIB::ZLIB)
  find_package(ZLIB QUIET)
endif()
if(TARGET ZLIB::ZLIB AND NOT TARGET lamina::zlib)
  add_library(lamina::zlib INTERFACE IMPORTED)
  target_link_libraries(lamina::zlib INTERFACE lamina::lamina ZLIB::ZLIB)
  target_compile_definitions(lamina::zlib INTERFACE LAMINA_HAVE_ZLIB)
endif()
