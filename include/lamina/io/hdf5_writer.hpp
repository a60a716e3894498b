#pragma once
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/io/hdf5_reader.hpp"

// HDF5 files for writing, by HDF5's C library, as bytes in memory. The values of large datasets are not copied.

namespace lamina::detail {

/// The bytes of an HDF5 file that is being written: pages of HDF5's own data, and references to the values of datasets.
class Hdf5Image final : public Bytes {
 public:
  /// Declares memory whose contents stay as they are until the image is used no more: large writes from it are not copied.
  void keep(const void* memory, std::size_t size) { kept_.push_back({static_cast<const char*>(memory), size}); }

  std::uint64_t size() const noexcept override { return size_; }
  void set_size(std::uint64_t size) noexcept override { size_ = size; }
  bool read(std::uint64_t offset, void* to, std::size_t count) noexcept override {
    auto* out = static_cast<char*>(to);
    std::memset(out, 0, count);
    const std::uint64_t end = offset + count;
    for (auto page = pages_.lower_bound(offset / page_size); page != pages_.end() && page->first * page_size < end;
         ++page)
      copy_overlap(page->first * page_size, page->second->data(), page_size, offset, end, out);
    auto extent = extents_.upper_bound(offset);
    if (extent != extents_.begin()) --extent;
    for (; extent != extents_.end() && extent->first < end; ++extent)
      copy_overlap(extent->first, extent->second.memory, extent->second.size, offset, end, out);
    return true;
  }
  bool write(std::uint64_t offset, const void* from, std::size_t count) override {
    const auto* in = static_cast<const char*>(from);
    size_ = (std::max)(size_, offset + count);
    displace_extents(offset, offset + count);
    if (count >= 4 * page_size && is_kept(in, count))
      extents_[offset] = {in, count};
    else
      write_pages(offset, in, count);
    return true;
  }

 private:
  static constexpr std::size_t page_size = 16384;
  using Page = std::array<char, page_size>;
  struct Extent {
    const char* memory = nullptr;
    std::size_t size = 0;
  };
  static void copy_overlap(std::uint64_t first, const char* memory, std::size_t size, std::uint64_t offset,
                           std::uint64_t end, char* out) noexcept {
    const std::uint64_t from = (std::max)(first, offset), to = (std::min)(first + size, end);
    if (from < to) std::memcpy(out + (from - offset), memory + (from - first), static_cast<std::size_t>(to - from));
  }
  /// Makes pages of the extents that a write to [offset, end) overlaps: extents are read over pages.
  void displace_extents(std::uint64_t offset, std::uint64_t end) {
    auto extent = extents_.lower_bound(offset);
    if (extent != extents_.begin() && std::prev(extent)->first + std::prev(extent)->second.size > offset) --extent;
    while (extent != extents_.end() && extent->first < end) {
      const auto [first, old] = *extent;
      extent = extents_.erase(extent);
      if (first < offset || first + old.size > end) write_pages(first, old.memory, old.size);
    }
  }
  void write_pages(std::uint64_t offset, const char* in, std::size_t count) {
    for (std::size_t done = 0; done < count;) {
      const std::uint64_t number = (offset + done) / page_size;
      const std::size_t at = static_cast<std::size_t>((offset + done) % page_size);
      const std::size_t part = (std::min)(count - done, page_size - at);
      auto& page = pages_[number];
      if (page == nullptr) page = std::make_unique<Page>();
      std::memcpy(page->data() + at, in + done, part);
      done += part;
    }
  }
  bool is_kept(const char* memory, std::size_t size) const noexcept {
    for (const Extent& e : kept_)
      if (memory >= e.memory && memory + size <= e.memory + e.size) return true;
    return false;
  }
  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::map<std::uint64_t, Extent> extents_;
  std::vector<Extent> kept_;
  std::uint64_t size_ = 0;
};

/// Writes an HDF5 file to an image, in the form that h5py gives to Keras's files: superblock 0, contiguous little-endian
/// datasets.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(std::string who, Hdf5Image& image) : who_(std::move(who)), image_(image) {
    const Hdf5Lock lock;
    const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (!access || !Hdf5Driver::use(access, image_)) fail("HDF5 does not accept the file driver");
    file_ = Hdf5Id(H5Fcreate("lamina", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
    if (!file_) fail(Hdf5Lock::last_error());
  }
  ~Hdf5Writer() {
    const Hdf5Lock lock;
    file_ = Hdf5Id();
  }
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  /// Creates a group, and the groups around it.
  void group(const std::string& path) {
    const Hdf5Lock lock;
    open_group(path);
  }
  /// Adds a string attribute to a group.
  void attribute(const std::string& path, const char* name, const std::string& value) {
    const Hdf5Lock lock;
    const Hdf5Id object = open_group(path), type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Hdf5Id made(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    const char* characters = value.c_str();
    if (!made || H5Awrite(made, type, &characters) < 0) fail(Hdf5Lock::last_error());
  }
  /// Adds a dataset of float or double.
  void dataset(const std::string& group, const std::string& name, const AnyTensor& value) {
    std::visit(
        [&]<class S>(const Tensor<S>& tensor) {
          const bool single = sizeof(S) == 4;
          image_.keep(tensor.data(), static_cast<std::size_t>(tensor.size()) * sizeof(S));
          write(group, name, tensor.shape(), single ? H5T_IEEE_F32LE : H5T_IEEE_F64LE,
                single ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, tensor.data());
        },
        value);
  }
  /// Adds a 32-bit integer without axes.
  void integer(const std::string& group, const std::string& name, std::int32_t value) {
    write(group, name, Shape(), H5T_STD_I32LE, H5T_NATIVE_INT32, &value);
  }
  /// Writes everything to the image.
  void finish() {
    const Hdf5Lock lock;
    if (H5Fflush(file_, H5F_SCOPE_LOCAL) < 0) fail(Hdf5Lock::last_error());
    file_ = Hdf5Id();
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    raise<IoError>(who_, ": HDF5 cannot write the weights: ", reason);
  }
  Hdf5Id open_group(const std::string& path) {
    if (H5Lexists(file_, "/", H5P_DEFAULT) < 0) fail(Hdf5Lock::last_error());
    Hdf5Id at(H5Gopen2(file_, "/", H5P_DEFAULT), H5Gclose);
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = (std::min)(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      begin = end + 1;
      if (name.empty()) continue;
      at = H5Lexists(at, name.c_str(), H5P_DEFAULT) > 0
               ? Hdf5Id(H5Gopen2(at, name.c_str(), H5P_DEFAULT), H5Gclose)
               : Hdf5Id(H5Gcreate2(at, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
      if (!at) fail(Hdf5Lock::last_error());
    }
    return at;
  }
  void write(const std::string& group, const std::string& name, const Shape& shape, hid_t stored, hid_t native,
             const void* values) {
    const Hdf5Lock lock;
    const Hdf5Id object = open_group(group);
    std::vector<hsize_t> sizes;
    for (const Index size : shape) sizes.push_back(static_cast<hsize_t>(size));
    const Hdf5Id space(shape.rank() == 0 ? H5Screate(H5S_SCALAR)
                                         : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                       H5Sclose);
    // No time of creation, so that the same weights are the same bytes.
    const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    const Hdf5Id made(H5Dcreate2(object, name.c_str(), stored, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    if (!made || (shape.size() > 0 && H5Dwrite(made, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0))
      fail(Hdf5Lock::last_error());
  }

  std::string who_;
  Hdf5Image& image_;
  Hdf5Id file_;
};

}  // namespace lamina::detail
