# lamina::zlib is lamina::lamina with zlib, for programs that read compressed data; it exists where zlib does.
# The build and the installed package both include this file: whether there is a zlib is a matter of the machine that
# compiles the program, not of the one that installed the headers.
if(NOT TARGET ZLIB::ZLIB)
  find_package(ZLIB QUIET)
endif()
if(TARGET ZLIB::ZLIB AND NOT TARGET lamina::zlib)
  add_library(lamina::zlib INTERFACE IMPORTED)
  target_link_libraries(lamina::zlib INTERFACE lamina::lamina ZLIB::ZLIB)
  target_compile_definitions(lamina::zlib INTERFACE LAMINA_HAVE_ZLIB)
endif()
