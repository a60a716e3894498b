# Installs BUILD_DIR, then moves the installed files to PREFIX: an installed package must be relocatable.
file(REMOVE_RECURSE "${PREFIX}" "${PREFIX}-before-the-move")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${PREFIX}-before-the-move"
  COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${PREFIX}-before-the-move" "${PREFIX}")

file(GLOB_RECURSE package_files "${PREFIX}/*.cmake")
foreach(file IN LISTS package_files)
  file(READ "${file}" text)
  string(FIND "${text}" "${SOURCE_DIR}" place)
  if(NOT place EQUAL -1)
    message(FATAL_ERROR "${file} contains the path of the sources, ${SOURCE_DIR}, which does not exist on a user's machine.")
  endif()
endforeach()

foreach(file IN ITEMS lamina_gdb.py lamina.natvis)
  if(NOT EXISTS "${PREFIX}/share/lamina/debuggers/${file}")
    message(FATAL_ERROR "The installation lacks share/lamina/debuggers/${file}.")
  endif()
endforeach()
