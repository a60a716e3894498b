# The package of Eigen 5 as find_package sees it, over the headers of EIGEN_INCLUDE_DIR.
if(NOT TARGET Eigen3::Eigen)
  add_library(Eigen3::Eigen INTERFACE IMPORTED)
  target_include_directories(Eigen3::Eigen INTERFACE "${EIGEN_INCLUDE_DIR}")
endif()
