#pragma once
#include <hdf5.h>

#include <functional>
#include <new>

#include "lamina/io/bytes.hpp"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

// A driver of HDF5's virtual file layer that reads a file from Bytes: a member of a zip archive, in place.

namespace lamina::detail {

class Hdf5Driver {
 public:
  /// Makes `access`, a list of file access properties, open files from these bytes, which must outlive the file.
  static bool use(hid_t access, Bytes& bytes) noexcept {
    static const hid_t driver = H5FDregister(&driver_class());
    Bytes* pointer = &bytes;
    return driver >= 0 && H5Pset_driver(access, driver, &pointer) >= 0;
  }

 private:
  struct OpenFile {
    H5FD_t base;  // first, as HDF5 requires
    Bytes* bytes;
    haddr_t end_of_allocated;
  };
  static OpenFile& file(H5FD_t* base) noexcept { return *reinterpret_cast<OpenFile*>(base); }
  static const OpenFile& file(const H5FD_t* base) noexcept { return *reinterpret_cast<const OpenFile*>(base); }

  static const H5FD_class_t& driver_class() noexcept {
    static const H5FD_class_t made = [] {
      H5FD_class_t c{};
#if H5_VERSION_GE(1, 13, 0)
      c.version = H5FD_CLASS_VERSION;
      c.value = static_cast<H5FD_class_value_t>(600);  // 512 and above: drivers outside the library
#endif
      c.name = "lamina_bytes";
      c.maxaddr = static_cast<haddr_t>(1) << 62;
      c.fc_degree = H5F_CLOSE_STRONG;
      c.fapl_size = sizeof(Bytes*);
      c.open = open;
      c.close = close;
      c.cmp = compare;
      c.query = query;
      c.get_eoa = end_of_allocated;
      c.set_eoa = set_end_of_allocated;
      c.get_eof = end_of_file;
      c.read = read;
      c.write = write;
      c.truncate = truncate;
      for (H5FD_mem_t& type : c.fl_map) type = H5FD_MEM_SUPER;
      return c;
    }();
    return made;
  }
  static H5FD_t* open(const char* /*name*/, unsigned /*flags*/, hid_t access, haddr_t /*max_address*/) {
    const void* info = H5Pget_driver_info(access);
    if (info == nullptr) return nullptr;
    auto* opened = new (std::nothrow) OpenFile{};
    if (opened == nullptr) return nullptr;
    std::memcpy(&opened->bytes, info, sizeof(opened->bytes));
    return &opened->base;
  }
  static herr_t close(H5FD_t* base) {
    delete &file(base);
    return 0;
  }
  /// Every opened file is another one: HDF5 can keep a damaged file for longer than its Bytes exist.
  static int compare(const H5FD_t* a, const H5FD_t* b) { return a == b ? 0 : std::less<>()(a, b) ? -1 : 1; }
  static herr_t query(const H5FD_t* /*base*/, unsigned long* flags) {
    if (flags != nullptr) *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
    return 0;
  }
  static haddr_t end_of_allocated(const H5FD_t* base, H5FD_mem_t /*type*/) { return file(base).end_of_allocated; }
  static herr_t set_end_of_allocated(H5FD_t* base, H5FD_mem_t /*type*/, haddr_t address) {
    file(base).end_of_allocated = address;
    return 0;
  }
  static haddr_t end_of_file(const H5FD_t* base, H5FD_mem_t /*type*/) { return file(base).bytes->size(); }
  static herr_t read(H5FD_t* base, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address, std::size_t size,
                     void* to) {
    Bytes& bytes = *file(base).bytes;
    const haddr_t end = bytes.size();
    const std::size_t inside = address >= end         ? 0
                               : end - address < size ? static_cast<std::size_t>(end - address)
                                                      : size;
    if (inside < size) std::memset(static_cast<char*>(to) + inside, 0, size - inside);  // beyond the end, as HDF5's own
    return inside == 0 || bytes.read(address, to, inside) ? 0 : -1;
  }
  static herr_t write(H5FD_t* base, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address, std::size_t size,
                      const void* from) {
    try {
      return file(base).bytes->write(address, from, size) ? 0 : -1;
    } catch (const std::bad_alloc&) {
      return -1;  // HDF5 is C
    }
  }
  static herr_t truncate(H5FD_t* base, hid_t /*transfer*/, hbool_t /*closing*/) {
    file(base).bytes->set_size(file(base).end_of_allocated);
    return 0;
  }
};

}  // namespace lamina::detail
