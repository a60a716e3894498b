# lamina::keras is lamina::lamina with the libraries of lamina/io/keras.hpp, which reads and writes Keras's files: HDF5's C
# library, libzip and nlohmann-json. It exists if all three are installed on the machine that compiles the program, so both the
# build and the installed package include this file. (HDF5's and libzip's own CMake packages need more than the libraries: the
# language C, and Debian's separate package of programs.)
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.10 CONFIG QUIET)
endif()
find_path(LAMINA_HDF5_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial DOC "Folder of HDF5's hdf5.h")
find_library(LAMINA_HDF5_LIBRARY NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial DOC "HDF5's C library")
find_path(LAMINA_LIBZIP_INCLUDE_DIR zip.h DOC "Folder of libzip's zip.h")
find_library(LAMINA_LIBZIP_LIBRARY NAMES zip DOC "libzip")
mark_as_advanced(LAMINA_HDF5_INCLUDE_DIR LAMINA_HDF5_LIBRARY LAMINA_LIBZIP_INCLUDE_DIR LAMINA_LIBZIP_LIBRARY)
if(NOT TARGET lamina::keras AND TARGET nlohmann_json::nlohmann_json AND LAMINA_HDF5_INCLUDE_DIR AND LAMINA_HDF5_LIBRARY
    AND LAMINA_LIBZIP_INCLUDE_DIR AND LAMINA_LIBZIP_LIBRARY)
  add_library(lamina::keras INTERFACE IMPORTED)
  target_link_libraries(lamina::keras INTERFACE
    lamina::lamina nlohmann_json::nlohmann_json "${LAMINA_HDF5_LIBRARY}" "${LAMINA_LIBZIP_LIBRARY}")
  target_include_directories(lamina::keras SYSTEM INTERFACE "${LAMINA_HDF5_INCLUDE_DIR}" "${LAMINA_LIBZIP_INCLUDE_DIR}")
  target_compile_definitions(lamina::keras INTERFACE LAMINA_HAVE_KERAS_FILES)
endif()
