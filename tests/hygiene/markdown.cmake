# Compiles and runs the programs in the project's Markdown files: every ```cpp block that begins with #include and includes
# lamina. A program is named after its file and its number there: hygiene.readme_1 is the first one of README.md,
# hygiene.examples_readme_2 the second one of examples/README.md, hygiene.docs_errors_1 the first one of cmake/docs/errors.md.
# Programs link the compiled templates, without which a program that reads configurations compiles for over a minute. Programs
# that use TBB are built only with LAMINA_TEST_ALL.
file(GLOB markdown_files RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/*.md" "${PROJECT_SOURCE_DIR}/.github/*.md" "${PROJECT_SOURCE_DIR}/benchmarks/*.md"
  "${PROJECT_SOURCE_DIR}/cmake/docs/*.md" "${PROJECT_SOURCE_DIR}/examples/*.md" "${PROJECT_SOURCE_DIR}/include/lamina/*.md"
  "${PROJECT_SOURCE_DIR}/tests/*.md")
foreach(file IN LISTS markdown_files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${file}")
  string(TOLOWER "${file}" page)
  string(REGEX REPLACE "^(cmake|include|\\.github)/|\\.md$" "" page "${page}")
  string(REGEX REPLACE "[^a-z0-9]" "_" page "${page}")
  file(READ "${PROJECT_SOURCE_DIR}/${file}" rest)
  set(number 0)
  while(TRUE)
    string(FIND "${rest}" "\n```cpp\n" begin)
    if(begin EQUAL -1)
      break()
    endif()
    math(EXPR begin "${begin} + 8")
    string(SUBSTRING "${rest}" ${begin} -1 rest)
    string(FIND "${rest}" "\n```\n" length)
    string(SUBSTRING "${rest}" 0 ${length} block)
    if(NOT block MATCHES "^#include" OR NOT block MATCHES "#include <lamina/")
      continue()
    endif()
    math(EXPR number "${number} + 1")
    set(libraries lamina_test_compiled)
    if(block MATCHES "#include <tbb/")
      if(NOT LAMINA_TEST_ALL)
        continue()
      endif()
      find_package(TBB REQUIRED)
      list(APPEND libraries TBB::tbb)
    endif()
    set(source "${CMAKE_CURRENT_BINARY_DIR}/markdown/${page}_${number}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "${block}\n" @ONLY)
    hygiene_program(${page}_${number} SOURCES "${source}" LIBRARIES ${libraries})
    set_tests_properties(hygiene.${page}_${number} PROPERTIES
      SKIP_REGULAR_EXPRESSION "Install it .apt-get install dataset-;is built without zlib")
    if(block MATCHES "#include <tbb/")
      set_tests_properties(hygiene.${page}_${number} PROPERTIES LABELS "hygiene;all")
    endif()
  endwhile()
endforeach()
