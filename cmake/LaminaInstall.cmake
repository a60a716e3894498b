# Installs the headers and a package for find_package(lamina).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(lamina_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/lamina")
configure_package_config_file(cmake/laminaConfig.cmake.in "${PROJECT_BINARY_DIR}/laminaConfig.cmake"
  INSTALL_DESTINATION "${lamina_package_dir}")
# Before 1.0, a minor version may change the API.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/laminaConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

install(DIRECTORY include/lamina DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(TARGETS lamina EXPORT laminaTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT laminaTargets NAMESPACE lamina:: DESTINATION "${lamina_package_dir}")
install(FILES
  "${PROJECT_BINARY_DIR}/laminaConfig.cmake"
  "${PROJECT_BINARY_DIR}/laminaConfigVersion.cmake"
  cmake/laminaCompiled.cmake
  cmake/laminaKeras.cmake
  cmake/laminaZlib.cmake
  DESTINATION "${lamina_package_dir}")
# Pretty-printers for debuggers.
install(FILES cmake/debuggers/lamina_gdb.py cmake/debuggers/lamina.natvis DESTINATION "${CMAKE_INSTALL_DATADIR}/lamina/debuggers")
