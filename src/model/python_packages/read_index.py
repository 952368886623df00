#!/usr/bin/env python3
"""Writes packages.txt and wheels.txt anew from an index of Python packages.

    pip install packaging requests pyelftools
    python3 read_index.py INDEX NAMES

INDEX is the address of an index with a JSON interface (PEP 691), without `/simple`. NAMES is a file with the names that
are looked up, one on a line; whatever they depend on is looked up too. verified.txt lists those of which
somebody knows that they start or load what is found in their files only where a user asks for it, and needing.txt those
that need something of the system in a way that is not found in their files.

For each minor version of Python the newest version of a package is taken that pip would take, and so for all that it
depends on, without extras. It needs a compiler where there is no wheel for both x86_64 and aarch64, unless its sources
have no part in C. It needs something of the system where its files start a program, or load or link a library, that the
whole image of Python has and the slim one has not.
"""

import functools, io, re, sys, tarfile, threading, time, zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from elftools.elf.elffile import ELFFile
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

MINORS = range(8, 16)
BIG_SDIST, BIG_WHEEL = 6_000_000, 25_000_000
PROGRAMS = set(
    "git hg svn ssh scp sftp ssh-keygen ssh-agent curl wget gpg gpg2 file convert identify magick mogrify montage composite "
    "gcc g++ cc c++ make patch unzip ps top pkill pgrep free uptime vmstat pidof autoconf automake mysql_config pg_config "
    "xml2-config curl-config pkg-config xslt-config libtool fc-list".split()
)
LIBRARIES = re.compile(
    r"(lib)?(X11|Xext|Xrender|SM|ICE|Xau|Xt|xcb\S*|glib|gobject|gthread|gio|gmodule|girepository|gomp|atomic|expat|xml2|"
    r"x?slt|exslt|pq|mysqlclient|mariadb|curl|magic|Magick\S*|jpeg|png|png16|webp|tiff|lcms2?|openjp2|fontconfig|freetype|"
    r"gmp|yaml|event|db|gdbm|krb5|gssapi\S*|ldap|sasl2|ncurses|edit|rsvg\S*|cairo|pango\S*|gdk\S*|pixman\S*|harfbuzz|"
    r"djvulibre|fftw3|ltdl|mpfr|mpc|quadmath|tk|tcl|zip|bz2)([-.\d]|$)"
)
LOADS = re.compile(r'(?:find_library|CDLL|LoadLibrary|dlopen|PyDLL)\(\s*[rf]?["\']([^"\']+)["\']')
STARTS = re.compile(
    r"(?:Popen|run|call|check_output|check_call|which|find_executable|getoutput|getstatusoutput|system|popen|spawn\w*|"
    r'exec\w*|execute|cmd|command|args|cmdline)\s*(?:\(|=|\+=)\s*[\[(]?\s*[rfb]?["\']([\w./+-]+)'
)
WINDOWS = re.compile(r"^\s*(?:import|from) [Tt]kinter", re.M)
IN_C = re.compile(r"\.(c|cc|cpp|cxx|pyx|rs|f|f90|F|cu|S)$")
COMPILES = re.compile(r"ext_modules|Extension\(|cythonize|pybind11|scikit_build|skbuild|numpy\.distutils|build_ext|mypycify|f2py")
ALWAYS_COMPILES = re.compile(r"cffi_modules|setuptools.rust|maturin|os\.system|pkg-?config|subprocess")

local = threading.local()


def get(address, tries=4, **more):
    """The answer, or None where there is nothing."""
    if not hasattr(local, "session"):
        local.session = requests.Session()
    for attempt in range(tries):
        try:
            answer = local.session.get(address, timeout=120, **more)
            if answer.status_code == 200:
                return answer
            if answer.status_code == 404:
                return None
        except requests.RequestException:
            pass
        time.sleep(1 + attempt)
    return None


def each(function, items):
    with ThreadPoolExecutor(20) as workers:
        return dict(zip(items, workers.map(function, items)))


class Index:
    def __init__(self, address):
        self.address, self.files, self.wants = address, {}, {}

    def read(self, name):
        """{version: [(tags, or None for sources, requires-python, size, address)]}"""
        answer = get(f"{self.address}/simple/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
        found = {}
        for file in answer.json()["files"] if answer else []:
            try:
                if file["filename"].endswith(".whl"):
                    _, version, _, tags = parse_wheel_filename(file["filename"])
                    tags = sorted(map(str, tags))
                else:
                    (_, version), tags = parse_sdist_filename(file["filename"]), None
            except Exception:  # Old names follow no rule.
                continue
            if not file.get("yanked") and not version.is_devrelease:
                entry = (tags, file.get("requires-python"), file.get("size") or 0, file["url"])
                found.setdefault(str(version), []).append(entry)
        return found

    @functools.lru_cache(None)
    def versions(self, name):
        return sorted(map(Version, self.files.get(name) or {}), reverse=True)

    @functools.lru_cache(None)
    def state(self, name, version, minor):
        """`pure`, `wheel`, `x86` where only that has one, `sdist`, `none`."""
        machines, has_sources = set(), False
        for tags, python, _, _ in self.files[name][version]:
            if python and not allows(python, f"3.{minor}.9"):
                continue
            if tags is None:
                has_sources = True
                continue
            served = machines_of(tags, minor)
            if served == "any":
                return "pure"
            machines |= served
        if machines >= {"x86_64", "aarch64"}:
            return "wheel"
        return "x86" if "x86_64" in machines else "sdist" if has_sources else "none"

    @functools.lru_cache(None)
    def pick(self, name, wanted, minor):
        """The newest version that pip takes, as text; earlier looks come last."""
        for early in (False, True):
            for version in self.versions(name):
                if version.is_prerelease == early and (not wanted or allows(wanted, str(version))):
                    if self.state(name, str(version), minor) != "none":
                        return str(version)
        return None

    def requirements(self, key):
        """(lines, whether its sources have parts in C, as they have where there are wheels); None where nobody can tell."""
        files = self.files[key[0]][key[1]]
        wheels = [file for file in files if file[0] is not None]
        if wheels:
            return read_wheel(min(wheels, key=lambda file: file[2]))
        return read_sources(files[0]) if files[0][2] <= BIG_SDIST else None

    @functools.lru_cache(None)
    def depends(self, name, version, minor):
        known = self.wants.get((name, version))
        found = []
        for line in known[0] if known else []:
            try:
                need = Requirement(line)
            except ValueError:
                continue
            if need.marker is None or need.marker.evaluate(environment(minor)):
                found.append((canonicalize_name(need.name), str(need.specifier)))
        return found

    def follow(self, names):
        """Reads all names, and all that they depend on."""
        front, seen = {(name, "") for name in names}, set()
        while front:
            self.files.update(each(self.read, [name for name in {name for name, _ in front} if name not in self.files]))
            picked = {(name, self.pick(name, wanted, minor)) for name, wanted in front for minor in MINORS}
            new = [key for key in picked if key[1] and key not in self.wants]
            self.wants.update(each(self.requirements, new))
            seen |= front
            depends = self.depends
            front = {
                need
                for name, wanted in front
                for minor in MINORS
                if (version := self.pick(name, wanted, minor))
                for need in depends(name, version, minor)
            } - seen
            print(len(self.files), "packages,", len(front), "more", file=sys.stderr)

    def closure(self, name, minor):
        """(whether all of it is known, {name}, {name that needs a compiler})"""
        seen, todo, whole, compiled = set(), [(name, "")], True, set()
        while todo:
            one, wanted = todo.pop()
            version = self.pick(one, wanted, minor)
            if version is None or self.wants.get((one, version)) is None:
                whole = False
                continue
            if (one, version) not in seen:
                seen.add((one, version))
                state = self.state(one, version, minor)
                if state == "x86" or state == "sdist" and self.wants[(one, version)][1]:
                    compiled.add(one)
                todo += self.depends(one, version, minor)
        return whole, {one for one, _ in seen}, compiled

    def uses_system(self, name):
        """Whether the files of the newest wheel use what only the whole image has. Those too large to look at may."""
        picked = next((found for minor in (13, 12, 11, 14, 10, 9, 8) if (found := self.pick(name, "", minor))), None)
        fits = lambda tags: machines_of(tags, 13) == "any" or any("x86_64" in tag and "manylinux" in tag for tag in tags)
        wheels = [file for file in self.files[name].get(picked, []) if file[0] is not None and fits(file[0])]
        if not wheels:
            return False
        answer = get(wheels[-1][3]) if wheels[-1][2] <= BIG_WHEEL else None
        return answer is None or any(uses_system(*file) for file in opened(answer.content))


@functools.lru_cache(None)
def allows(specifier, version):
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


@functools.lru_cache(None)
def environment(minor):
    return {
        "python_version": f"3.{minor}", "python_full_version": f"3.{minor}.9", "os_name": "posix", "extra": "",
        "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip


def machines_of(tags, minor):
    """`any`, or the machines that a wheel serves with the C library of Debian."""
    machines = set()
    for tag in tags:
        interpreter, binary, platform = tag.split("-", 2)
        number = re.fullmatch(r"(?:py|cp)3(\d*)", interpreter)
        is_older = number and int(number.group(1) or 0) <= minor
        if not (interpreter == f"cp3{minor}" or is_older and (interpreter.startswith("py") or binary == "abi3")):
            continue
        if platform == "any":
            return "any"
        if found := re.fullmatch(r"(?:manylinux\w*|linux)_(x86_64|aarch64)", platform):
            machines.add(found.group(1))
    return machines


def required(metadata):
    head = metadata.replace("\r", "").split("\n\n")[0].splitlines()
    return [line[14:].strip() for line in head if line.lower().startswith("requires-dist:")]


def read_wheel(file):
    """What a wheel requires; not every index keeps its metadata apart."""
    if answer := get(file[3] + ".metadata"):
        return required(answer.text), True
    answer = get(file[3]) if file[2] <= BIG_WHEEL else None
    contents = opened(answer.content) if answer else []
    text = next((content for name, content in contents if name.endswith(".dist-info/METADATA")), None)
    return (required(text.decode("utf-8", "replace")), True) if text else None


def read_sources(file):
    """What a package without wheels requires, and whether it has parts in C."""
    answer = get(file[3])
    lines, has_c, setup = None, False, ""
    try:
        for name, content in opened(answer.content):
            base, is_at_top = name.rsplit("/", 1)[-1], name.count("/") <= 1
            has_c |= bool(IN_C.search(base))
            if is_at_top and base in ("setup.py", "pyproject.toml"):
                setup += content.decode("utf-8", "replace")
            elif is_at_top and base == "PKG-INFO":
                lines = required(content.decode("utf-8", "replace")) or lines
            elif name.endswith(".egg-info/requires.txt") and lines is None:
                lines = content.decode("utf-8", "replace").split("\n[")[0].split()
    except Exception:  # Whatever cannot be unpacked is not known.
        return None
    return lines or [], bool(ALWAYS_COMPILES.search(setup) or has_c and COMPILES.search(setup))


def opened(archive):
    """The names and contents of the files of an archive."""
    if archive[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            yield from ((name, files.read(name)) for name in files.namelist())
    else:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            yield from ((entry.name, files.extractfile(entry).read()) for entry in files if entry.isfile())


def uses_system(name, content):
    if re.search(r"(^|/)(tests?|testing|docs|examples?)/", name):
        return False
    if name.endswith(".py"):
        text = content.decode("utf-8", "replace")
        starts = any(found.group(1).rsplit("/", 1)[-1] in PROGRAMS for found in STARTS.finditer(text))
        return starts or bool(WINDOWS.search(text)) or any(LIBRARIES.match(found.group(1)) for found in LOADS.finditer(text))
    if re.search(r"\.so(\.|$)", name):
        try:
            section = ELFFile(io.BytesIO(content)).get_section_by_name(".dynamic")
            tags = section.iter_tags() if section else []
            return any(tag.entry.d_tag == "DT_NEEDED" and LIBRARIES.match(tag.needed) for tag in tags)
        except Exception:  # What is no library links nothing.
            return False
    return False


def main(address, names):
    index, here = Index(address.rstrip("/")), Path(__file__).parent
    verified = set((here / "verified.txt").read_text().split())
    needing = set((here / "needing.txt").read_text().split())
    index.follow({canonicalize_name(name) for name in Path(names).read_text().split()})
    uses = each(index.uses_system, [name for name, files in index.files.items() if files and name not in verified])
    packages, wheels = [], []
    for name in sorted(name for name, files in index.files.items() if files):
        closures = {minor: index.closure(name, minor) for minor in MINORS}
        plain = [minor for minor, (whole, _, compiled) in closures.items() if whole and not compiled]
        usual = closures[12][0] or closures[13][0]
        brought = {one for minor in MINORS if closures[minor][0] for one in closures[minor][1] if one in needing or uses.get(one)}
        if usual and not {12, 13} & set(plain):
            brought |= closures[12][2] | closures[13][2]
        if name in verified:
            brought &= closures[12][2] | closures[13][2]
        last = max(plain, default=0)
        first = next((minor for minor in reversed(range(last + 1)) if minor not in plain), 0) + 1
        if brought and (usual or plain):
            packages.append(" !".join([name, *sorted(brought)]))
        elif last >= 11:
            packages.append(name if (first, last) == (MINORS[0], MINORS[-1]) else f"{name} {first}-{last}")
        firsts = [first_wheel(index, name, minor) for minor in MINORS]
        if any(index.state(name, str(version), 12) == "wheel" for version in index.versions(name)[:1]):
            wheels.append(" ".join([name, *firsts]))
    (here / "packages.txt").write_text("\n".join(packages) + "\n")
    (here / "wheels.txt").write_text("\n".join(wheels) + "\n")


def first_wheel(index, name, minor):
    first = "-"
    for version in index.versions(name):
        state = index.state(name, str(version), minor)
        if version.is_prerelease or state == "none":
            continue
        if state not in ("pure", "wheel"):
            break
        first = version.public
    return first


if __name__ == "__main__":
    main(*sys.argv[1:])
