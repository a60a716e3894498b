# Fails where the report of PROGRAM over CASES does not stand in README, word for word.
set(report "${CMAKE_CURRENT_BINARY_DIR}/conformance_report.md")
execute_process(COMMAND "${PROGRAM}" "${CASES}" --report "${report}" OUTPUT_QUIET)
file(READ "${report}" table)
file(READ "${README}" readme)
string(FIND "${readme}" "${table}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "README.md does not show this table; put it there:\n${table}")
endif()
