#pragma once
#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/io/hdf5_driver.hpp"
#include "lamina/io/hdf5_strings.hpp"
#include "lamina/models/file_format.hpp"

// HDF5 files for reading, by HDF5's C library. It is not thread-safe in every build: one lock is held by all readers.

namespace lamina::detail {

/// Owns an identifier of HDF5.
class Hdf5Id {
 public:
  using CloseFunction = herr_t (*)(hid_t);
  Hdf5Id() noexcept = default;
  Hdf5Id(hid_t id, CloseFunction close) noexcept : id_(id), close_(close) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Id& operator=(Hdf5Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Id() {
    if (id_ >= 0) close_(id_);
  }
  explicit operator bool() const noexcept { return id_ >= 0; }
  operator hid_t() const noexcept { return id_; }  // NOLINT: passed to functions of C

 private:
  hid_t id_ = -1;
  CloseFunction close_ = nullptr;
};

/// Locks HDF5 for the calling thread and keeps it from printing errors.
class Hdf5Lock {
 public:
  Hdf5Lock() : lock_(mutex()) {
    H5open();
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Hdf5Lock() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Hdf5Lock(const Hdf5Lock&) = delete;
  Hdf5Lock& operator=(const Hdf5Lock&) = delete;

  /// Returns the first cause in HDF5's list of errors.
  static std::string last_error() {
    std::string message;
    const auto take = [](unsigned, const H5E_error2_t* error, void* to) -> herr_t {
      if (error->desc != nullptr) *static_cast<std::string*>(to) = error->desc;
      return 1;  // only the innermost
    };
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &message);
    return message.empty() ? "no reason given" : message;
  }

 private:
  static std::recursive_mutex& mutex() {
    static auto& m = *new std::recursive_mutex;
    return m;
  }
  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// An HDF5 file that is open for reading. Follows hard links only: soft and external links, external storage and virtual
/// datasets, by which a file can refer to other files of the machine, are errors.
class Hdf5Reader {
 public:
  /// Opens a file. Throws IoError, which begins with `who`, if it is no HDF5 file or damaged.
  Hdf5Reader(std::string who, std::unique_ptr<Bytes> bytes) : who_(std::move(who)), bytes_(std::move(bytes)) {
    const Hdf5Lock lock;
    const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (!access || !Hdf5Driver::use(access, *bytes_)) raise<IoError>(who_, ": HDF5 does not accept the file driver");
    file_ = Hdf5Id(H5Fopen("lamina", H5F_ACC_RDONLY, access), H5Fclose);
    if (!file_)
      raise<IoError>(who_, ": expected an HDF5 file, got a file that HDF5 cannot open: ", Hdf5Lock::last_error());
  }
  ~Hdf5Reader() {
    const Hdf5Lock lock;
    file_ = Hdf5Id();
  }
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  const std::string& who() const noexcept { return who_; }
  /// Returns whether there is an object of this path.
  bool contains(const std::string& path) const {
    const Hdf5Lock lock;
    return static_cast<bool>(open_object(path));
  }
  bool is_group(const std::string& path) const { return is_of(path, H5I_GROUP); }
  bool is_dataset(const std::string& path) const { return is_of(path, H5I_DATASET); }

  /// Returns the names in a group, sorted.
  std::vector<std::string> names(const std::string& group) const {
    const Hdf5Lock lock;
    const Hdf5Id object = open_object(group);
    std::vector<std::string> found;
    if (!object || H5Iget_type(object) != H5I_GROUP) raise<IoError>(who_, ": there is no group \"", group, "\"");
    const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
      static_cast<std::vector<std::string>*>(to)->emplace_back(name);
      return 0;
    };
    hsize_t at = 0;
    if (H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, &at, add, &found) < 0)
      raise<IoError>(who_, ": cannot list the group \"", group, "\": ", Hdf5Lock::last_error());
    return found;
  }

  /// Returns the shape of a dataset.
  Shape shape(const std::string& path) const {
    const Hdf5Lock lock;
    return shape_of(path, open_dataset(path));
  }
  /// Reads a dataset of this shape as float, or, if it holds doubles or integers, as double. Throws ShapeError if the
  /// shape differs, and IoError if the dataset is missing, holds no numbers, or less than its shape says.
  AnyTensor read(const std::string& path, const Shape& expected) const {
    const Hdf5Lock lock;
    const Hdf5Id dataset = open_dataset(path);
    const Shape found = shape_of(path, dataset);
    if (found != expected)
      raise<ShapeError>(who_, ": the dataset \"", path, "\": expected shape ", expected, ", got ", found,
                        ". The file was written for another model.");
    const Hdf5Id type(H5Dget_type(dataset), H5Tclose);
    require_stored(path, dataset, type, found);
    const H5T_class_t kind = H5Tget_class(type);
    const std::size_t bytes = H5Tget_size(type);
    if (kind == H5T_OPAQUE && bytes == 2 && string_attribute(dataset, "dtype") == "bfloat16")
      return read_bfloat16(path, dataset, found);
    if (kind == H5T_ENUM && bytes == 1) return read_boolean(path, dataset, found);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER)
      raise<IoError>(who_, ": the dataset \"", path, "\": expected numbers, got data of another type");
    if (kind == H5T_FLOAT && bytes <= 4) return read_as<float>(path, dataset, H5T_NATIVE_FLOAT, found);
    return read_as<double>(path, dataset, H5T_NATIVE_DOUBLE, found);
  }

  /// Returns the number of elements that the datasets of the file can hold by the bytes that are stored.
  std::uint64_t most_elements() const noexcept { return bytes_->size(); }

  /// Returns a string attribute of an object; none if there is none.
  std::optional<std::string> attribute(const std::string& path, const char* name) const {
    const Hdf5Lock lock;
    const Hdf5Id object = open_object(path);
    if (!object || !has_attribute(path, object, name)) return std::nullopt;
    std::vector<std::string> all = read_strings(path, object, name);
    if (all.size() != 1)
      raise<IoError>(who_, ": the attribute \"", name, "\" of \"", path, "\": expected a string, got ", all.size());
    return std::move(all.front());
  }
  /// Returns an attribute that is one integer; none if there is none.
  std::optional<std::int64_t> integer(const std::string& path, const char* name) const {
    const Hdf5Lock lock;
    const Hdf5Id object = open_object(path);
    if (!object || H5Aexists(object, name) <= 0) return std::nullopt;
    const Hdf5Id attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
    const Hdf5Id type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    std::int64_t value = 0;
    if (!attribute || !space || H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != 1 ||
        H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0)
      raise<IoError>(who_, ": the attribute \"", name, "\" of \"", path, "\": expected an integer");
    return value;
  }
  /// Returns an attribute that is a list of strings; also one in pieces, `name0`, `name1` and so on, which Keras writes
  /// for long lists. None if there is none.
  std::optional<std::vector<std::string>> string_list(const std::string& path, const std::string& name) const {
    const Hdf5Lock lock;
    const Hdf5Id object = open_object(path);
    if (!object) return std::nullopt;
    if (has_attribute(path, object, name.c_str())) return read_strings(path, object, name.c_str());
    std::optional<std::vector<std::string>> all;
    for (int piece = 0;; ++piece) {
      const std::string numbered = text(name, piece);
      if (!has_attribute(path, object, numbered.c_str())) return all;
      if (!all) all.emplace();
      for (std::string& s : read_strings(path, object, numbered.c_str())) all->push_back(std::move(s));
    }
  }

 private:
  /// Opens the object at a path, link by link; an empty identifier if there is none.
  Hdf5Id open_object(std::string_view path) const {
    Hdf5Id at(H5Gopen2(file_, "/", H5P_DEFAULT), H5Gclose);
    while (at && !path.empty()) {
      const std::size_t end = path.find('/');
      const std::string name(path.substr(0, end));
      path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
      if (name.empty() || name == ".") continue;
      if (H5Iget_type(at) != H5I_GROUP) return {};
      const htri_t exists = H5Lexists(at, name.c_str(), H5P_DEFAULT);
      if (exists == 0) return {};
      H5L_info_t info{};
      if (exists < 0 || H5Lget_info(at, name.c_str(), &info, H5P_DEFAULT) < 0) raise_damaged(name);
      if (info.type != H5L_TYPE_HARD)
        raise<IoError>(who_, ": \"", name, "\" is a soft or external link, which can lead out of the file and is not ",
                       "followed. Copy the data into the file.");
      at = Hdf5Id(H5Oopen(at, name.c_str(), H5P_DEFAULT), H5Oclose);
      if (!at) raise_damaged(name);
    }
    return at;
  }
  [[noreturn]] void raise_damaged(const std::string& name) const {
    raise<IoError>(who_, ": cannot open \"", name, "\", the file is damaged: ", Hdf5Lock::last_error());
  }
  bool has_attribute(const std::string& path, const Hdf5Id& object, const char* name) const {
    const htri_t exists = H5Aexists(object, name);
    if (exists < 0) raise<IoError>(who_, ": cannot read the attributes of \"", path, "\": ", Hdf5Lock::last_error());
    return exists > 0;
  }
  bool is_of(const std::string& path, H5I_type_t kind) const {
    const Hdf5Lock lock;
    const Hdf5Id object = open_object(path);
    return object && H5Iget_type(object) == kind;
  }
  Hdf5Id open_dataset(const std::string& path) const {
    Hdf5Id object = open_object(path);
    if (!object)
      raise<IoError>(who_, ": there is no dataset \"", path,
                     "\". The file was written for another model, or is damaged.");
    if (H5Iget_type(object) != H5I_DATASET)
      raise<IoError>(who_, ": expected a dataset \"", path, "\", got a group or type of this name");
    return object;
  }
  Shape shape_of(const std::string& path, const Hdf5Id& dataset) const {
    const Hdf5Id space(H5Dget_space(dataset), H5Sclose);
    const int rank = space ? H5Sget_simple_extent_ndims(space) : -1;
    if (rank < 0 || H5Sget_simple_extent_type(space) == H5S_NULL)
      raise<IoError>(who_, ": cannot read the shape of the dataset \"", path, "\"");
    std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
    if (rank > 0) H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
    if (rank > Shape::max_rank)
      raise<IoError>(who_, ": the dataset \"", path, "\" has ", rank, " axes: at most ", Shape::max_rank,
                     " are supported");
    std::vector<Index> axes;
    for (const hsize_t size : sizes) {
      if (size > (hsize_t{1} << 40U)) raise<IoError>(who_, ": the dataset \"", path, "\" has an axis of ", size);
      axes.push_back(static_cast<Index>(size));
    }
    return Shape(axes.begin(), axes.end());
  }
  /// Throws IoError if the data lie outside the file, or are fewer than the shape says.
  void require_stored(const std::string& path, const Hdf5Id& dataset, const Hdf5Id& type, const Shape& shape) const {
    const Hdf5Id creation(H5Dget_create_plist(dataset), H5Pclose);
    if (!creation || !type) raise<IoError>(who_, ": cannot read the dataset \"", path, "\": ", Hdf5Lock::last_error());
    const H5D_layout_t layout = H5Pget_layout(creation);
    if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED)
      raise<IoError>(who_, ": the dataset \"", path,
                     "\" is virtual: its data are in other files, which are not opened");
    if (H5Pget_external_count(creation) != 0)
      raise<IoError>(who_, ": the data of the dataset \"", path, "\" are in another file, which is not opened");
    const hsize_t stored = H5Dget_storage_size(dataset);
    const hsize_t needed = static_cast<hsize_t>(shape.size()) * H5Tget_size(type);
    if (layout == H5D_CHUNKED) require_chunks(path, creation, needed, H5Tget_size(type));
    // Of compressed chunks a thousandth suffices.
    if (stored < (layout == H5D_CHUNKED ? needed / 1100 : needed))
      raise<IoError>(who_, ": the dataset \"", path, "\" of shape ", shape, " needs ", needed, " bytes, and has ",
                     stored);
  }
  /// Throws IoError for chunks that are much larger than the dataset, which HDF5 allocates as they are declared.
  void require_chunks(const std::string& path, const Hdf5Id& creation, hsize_t needed, std::size_t element) const {
    hsize_t sizes[H5S_MAX_RANK] = {};
    const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, sizes);
    double chunk = static_cast<double>(element);
    for (int axis = 0; axis < rank; ++axis) chunk *= static_cast<double>(sizes[axis]);
    constexpr double unsuspicious = 1U << 24U;
    if (rank < 0 || chunk > unsuspicious + 4 * static_cast<double>(needed))
      raise<IoError>(who_, ": the dataset \"", path, "\" of ", needed, " bytes has chunks of ", chunk,
                     " bytes: more than expected. Is the file damaged?");
  }
  template <class T>
  Tensor<T> read_as(const std::string& path, const Hdf5Id& dataset, hid_t type, const Shape& shape) const {
    Tensor<T> values = Tensor<T>::empty(shape);
    read_into(path, dataset, type, values.mutable_data());
    return values;
  }
  void read_into(const std::string& path, const Hdf5Id& dataset, hid_t type, void* to) const {
    if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0)
      raise<IoError>(who_, ": cannot read the dataset \"", path, "\": ", Hdf5Lock::last_error());
  }
  Tensor<float> read_bfloat16(const std::string& path, const Hdf5Id& dataset, const Shape& shape) const {
    const Hdf5Id type(H5Dget_type(dataset), H5Tclose);
    std::vector<unsigned char> bytes(2 * static_cast<std::size_t>(shape.size()));
    read_into(path, dataset, type, bytes.data());
    Tensor<float> values = Tensor<float>::empty(shape);
    float* to = values.mutable_data();
    for (std::size_t i = 0; 2 * i < bytes.size(); ++i)  // the upper half of a float, little endian
      to[i] = bit_cast<float>((std::uint32_t{bytes[2 * i + 1]} << 24U) | (std::uint32_t{bytes[2 * i]} << 16U));
    return values;
  }
  /// h5py stores booleans as an enumeration.
  Tensor<float> read_boolean(const std::string& path, const Hdf5Id& dataset, const Shape& shape) const {
    const Hdf5Id type(H5Dget_type(dataset), H5Tclose);
    std::vector<signed char> bytes(static_cast<std::size_t>(shape.size()));
    read_into(path, dataset, type, bytes.data());
    Tensor<float> values = Tensor<float>::empty(shape);
    for (std::size_t i = 0; i < bytes.size(); ++i) values.mutable_data()[i] = bytes[i] != 0 ? 1.0F : 0.0F;
    return values;
  }
  std::string string_attribute(const Hdf5Id& object, const char* name) const {
    if (!has_attribute("", object, name)) return {};
    const std::vector<std::string> all = read_strings("", object, name);
    return all.size() == 1 ? all.front() : std::string();
  }
  /// The strings of an attribute, of fixed or variable length; none if it is an empty list of anything.
  std::vector<std::string> read_strings(const std::string& path, const Hdf5Id& object, const char* name) const {
    const Hdf5Id attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
    const auto fail = [&](const char* problem) {
      raise<IoError>(who_, ": the attribute \"", name, "\" of \"", path, "\": ", problem);
    };
    if (!attribute) fail("it cannot be opened");
    const Hdf5Id type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    const hssize_t count = space ? H5Sget_simple_extent_npoints(space) : -1;
    if (count == 0) return {};
    if (!type || count < 0 || H5Tget_class(type) != H5T_STRING) fail("expected strings, got data of another type");
    if (static_cast<std::uint64_t>(count) > bytes_->size()) fail("it has more strings than the file has bytes");
    if (H5Tis_variable_str(type) > 0) {
      auto strings = read_variable_strings(object, name, static_cast<std::uint64_t>(count));
      if (!strings) fail("its strings are damaged, or stored in a form that is not supported");
      return std::move(*strings);
    }
    const std::size_t size = H5Tget_size(type);
    if (size > bytes_->size() / static_cast<std::uint64_t>(count)) fail("it is longer than the file");
    std::string characters(size * static_cast<std::size_t>(count), '\0');
    if (H5Aread(attribute, type, characters.data()) < 0) fail("it cannot be read");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      std::string one = characters.substr(i * size, size);
      one.erase((std::min)(one.find('\0'), one.size()));
      all.push_back(std::move(one));
    }
    return all;
  }

  std::optional<std::vector<std::string>> read_variable_strings(const Hdf5Id& object, const char* name,
                                                                std::uint64_t count) const {
    const Hdf5Id creation(H5Fget_create_plist(file_), H5Pclose);
    hsize_t base = 0;
    std::size_t address_size = 0, size_size = 0;
    haddr_t header = HADDR_UNDEF;
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info{};
    if (H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0 || H5VLnative_token_to_addr(object, info.token, &header) < 0)
      return std::nullopt;
#else
    H5O_info_t info{};
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) return std::nullopt;
    header = info.addr;
#endif
    if (!creation || H5Pget_userblock(creation, &base) < 0 || H5Pget_sizes(creation, &address_size, &size_size) < 0 ||
        address_size != 8 || size_size != 8)
      return std::nullopt;
    return Hdf5Strings::read(*bytes_, base, base + header, name, count);
  }

  std::string who_;
  std::unique_ptr<Bytes> bytes_;
  Hdf5Id file_;
};

}  // namespace lamina::detail
