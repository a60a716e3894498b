# Fails if README does not contain the report that PROGRAM writes about CASES.
set(report "${CMAKE_CURRENT_BINARY_DIR}/conformance_report.md")
execute_process(COMMAND "${PROGRAM}" "${CASES}" --report "${report}" OUTPUT_QUIET)
file(READ "${report}" table)
file(READ "${README}" readme)
string(FIND "${readme}" "${table}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${README} is out of date. Replace its table by this one:\n${table}")
endif()
