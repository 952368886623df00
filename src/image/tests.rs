//! Archives made by hand: all kinds of images, and those that mean harm. What real engines make is compared in
//! `tests/real_images.rs`.

use std::io::{self, Read, Write};
use std::rc::Rc;

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::efficiency::efficiency;
use super::*;

/// Names and contents.
type Files<'f> = &'f [(&'f str, &'f [u8])];

const WANTED: Wanted<'_> = Wanted { name: None, platform: "linux/amd64" };

/// An archive of files, folders (`name/`), links (`name -> target`, `name => target`) and devices (`name !`).
fn archive(files: Files<'_>) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        let (name, kind, link) = if let Some((name, target)) = name.split_once(" -> ") {
            (name, EntryType::Symlink, target)
        } else if let Some((name, target)) = name.split_once(" => ") {
            (name, EntryType::Link, target)
        } else if let Some(name) = name.strip_suffix(" !") {
            (name, EntryType::Char, "")
        } else {
            (*name, if name.ends_with('/') { EntryType::Directory } else { EntryType::Regular }, "")
        };
        header.set_entry_type(kind);
        // The builder would not write names that mean harm.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn layer(files: Files<'_>) -> Layer {
    read_layer("test", &archive(files)[..], &Reading::default()).unwrap()
}

fn layers(all: &[Files<'_>]) -> Vec<Rc<Layer>> {
    all.iter().map(|files| Rc::new(layer(files))).collect()
}

/// What `docker save` writes of these layers.
fn saved(layers: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|at| format!("{at}/layer.tar")).collect();
    let manifest = serde_json::json!([{ "Config": "c.json", "RepoTags": ["a:b"], "Layers": names }]).to_string();
    let mut files: Vec<(&str, &[u8])> =
        names.iter().zip(layers).map(|(name, layer)| (name.as_str(), &layer[..])).collect();
    files.push(("c.json", br#"{"os":"linux","architecture":"amd64","history":null}"#));
    files.push(("manifest.json", manifest.as_bytes()));
    archive(&files)
}

fn read(archive: &[u8]) -> Result<Image, Failure> {
    read_archive(archive, &WANTED, &Reading::default())
}

fn paths(layers: &[Rc<Layer>]) -> Vec<&str> {
    Tree::merge(layers).nodes().map(|(path, _)| path).collect()
}

#[test]
fn layers_are_read_however_they_are_stored() {
    let plain = archive(&[("a", b"123"), ("d/", b""), ("d/b", &[7; 100_000])]);
    let expected = read_layer("x", &plain[..], &Reading::default()).unwrap();
    assert_eq!(expected.content_bytes(), 100_003);
    let (zip, zst) = (gzip(&plain), zstd(&plain));
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zst].concat();
    let members = [gzip(&plain[..600]), gzip(&plain[600..])].concat();
    let frames = [zstd(&plain[..600]), zstd(&plain[600..])].concat();
    for (stored, compression) in [
        (&plain, Compression::None),
        (&zip, Compression::Gzip),
        (&zst, Compression::Zstd),
        (&skippable, Compression::Zstd),
        (&members, Compression::Gzip),
        (&frames, Compression::Zstd),
    ] {
        let found = read_layer("x", &stored[..], &Reading::default()).unwrap();
        assert_eq!(found.entries, expected.entries);
        assert_eq!((found.compression, found.stored_bytes), (compression, stored.len() as u64));
        assert_eq!(found.archive_bytes, plain.len() as u64);
    }
}

#[test]
fn images_are_read_from_old_and_new_archives() {
    let layer = archive(&[("a", b"1")]);
    let image = read(&saved(&[layer.clone(), gzip(&layer)])).unwrap();
    assert_eq!((image.name.as_deref(), image.layers.len()), (Some("a:b"), 2));
    let whole = gzip(&saved(std::slice::from_ref(&layer)));
    assert_eq!(read(&whole).unwrap().layers.len(), 1);

    let link = r#"[{"Config":"c.json","RepoTags":null,"Layers":["1/layer.tar","2/layer.tar"]}]"#;
    let files: Files<'_> = &[
        ("2/layer.tar -> ../1/layer.tar", b""),
        ("1/layer.tar", &layer),
        ("c.json", b"{}"),
        ("manifest.json", link.as_bytes()),
    ];
    assert_eq!(read(&archive(files)).unwrap().layers[1].entries.len(), 1);
}

#[test]
fn the_platform_is_chosen_and_attestations_are_not() {
    let size = |text: &str| text.len();
    let layer = archive(&[("a", b"1")]);
    let config = r#"{"os":"linux","architecture":"arm64","rootfs":{"diff_ids":["sha256:1"]}}"#;
    let manifest = format!(
        r#"{{"config":{{"digest":"sha256:c","size":{}}},"layers":[{{"digest":"sha256:d","size":{}}}]}}"#,
        size(config),
        layer.len()
    );
    let described = |digest: &str, os: &str, arch: &str| {
        format!(r#"{{"digest":"sha256:{digest}","size":1,"platform":{{"os":"{os}","architecture":"{arch}"}}}}"#)
    };
    let index =
        format!(r#"{{"manifests":[{},{}]}}"#, described("b", "unknown", "unknown"), described("a", "linux", "arm64"));
    let files: Files<'_> = &[
        ("index.json", index.as_bytes()),
        ("blobs/sha256/a", manifest.as_bytes()),
        ("blobs/sha256/c", config.as_bytes()),
        ("blobs/sha256/d", &layer),
    ];
    let archive = archive(files);
    let arm = Wanted { name: None, platform: "linux/arm64" };
    assert_eq!(read_archive(&archive[..], &arm, &Reading::default()).unwrap().config.platform(), "linux/arm64");
    let missing = read(&archive).unwrap_err();
    assert!(missing.to_string().contains("--platform: linux/arm64"), "{missing}");
}

#[test]
fn whiteouts_and_opaque_folders_hide_what_lies_below() {
    let below: Files<'_> = &[("d/", b""), ("d/a", b"1"), ("d/b/", b""), ("d/b/c", b"2"), ("d.txt", b"3"), ("e", b"4")];
    let cases: [(Files<'_>, &[&str]); 7] = [
        (&[("d/.wh.a", b"")], &["d", "d.txt", "d/b", "d/b/c", "e"]),
        (&[(".wh.d", b"")], &["d.txt", "e"]),
        (&[("d/.wh..wh..opq", b""), ("d/n", b"")], &["d", "d.txt", "d/n", "e"]),
        (&[("d/n", b""), ("d/.wh..wh..opq", b"")], &["d", "d.txt", "d/n", "e"]),
        (&[("d", b"now a file")], &["d", "d.txt", "e"]),
        (&[("e/f", b"")], &["d", "d.txt", "d/a", "d/b", "d/b/c", "e", "e/f"]),
        (&[(".wh.nothing", b""), ("d/", b"")], &["d", "d.txt", "d/a", "d/b", "d/b/c", "e"]),
    ];
    for (above, expected) in cases {
        assert_eq!(paths(&layers(&[below, above])), *expected, "{above:?}");
    }
}

#[test]
fn a_content_stays_as_long_as_one_of_its_names() {
    let layers = layers(&[&[("a", b"12345"), ("b => a", b"")], &[(".wh.a", b"")]]);
    let tree = Tree::merge(&layers);
    assert_eq!(tree.fate(0, 0), Fate::Stays);
    let gone = self::layers(&[&[("a", b"12345"), ("b => a", b"")], &[(".wh.a", b""), (".wh.b", b"")]]);
    assert_eq!(Tree::merge(&gone).fate(0, 0), Fate::Deleted(1));
}

/// The cases and the numbers of `dive/filetree/efficiency_test.go`, where folders have no entries of their own.
#[test]
fn efficiency_is_that_of_dive() {
    let zeros = vec![0; 10_000];
    let found = efficiency(&layers(&[
        &[("etc/nginx/nginx.conf", &zeros[..2000]), ("etc/nginx/public", &zeros[..3000])],
        &[("etc/nginx/nginx.conf", &zeros[..5000]), ("etc/athing", &zeros)],
        &[("etc/.wh.nginx", b"")],
    ]));
    assert_eq!((found.score, found.wasted), (0.75, 7000));
    assert_eq!(efficiency(&layers(&[&[("nothing", b"")], &[], &[]])).score, 1.0);
}

#[test]
fn what_leads_out_of_the_root_is_left_out_and_counted() {
    let found = layer(&[
        ("../etc/passwd", b"1"),
        ("a/../../b", b"2"),
        ("/abs", b"3"),
        ("l -> /etc/shadow", b""),
        ("null !", b""),
    ]);
    let entries: Vec<(&str, Kind)> = found.entries.iter().map(|entry| (&*entry.path, entry.kind)).collect();
    assert_eq!(entries, [("abs", Kind::File), ("l", Kind::Symlink), ("null", Kind::Device)]);
    assert_eq!(found.outside, 2);
}

#[test]
fn layers_that_are_cut_off_are_told_from_whole_ones() {
    let plain = archive(&[("a", &[1; 5000]), ("b", &[2; 5000])]);
    let whole = read(&saved(&[gzip(&plain)]));
    assert!(whole.is_ok(), "{whole:?}");
    for stored in [gzip(&plain), zstd(&plain), plain[..7000].to_vec(), plain[..6000].to_vec()] {
        let cut = &stored[..stored.len() - stored.len() / 3];
        let failure = read_layer("x", cut, &Reading::default()).unwrap_err();
        assert!(matches!(failure, Failure::Truncated(_)), "{failure}");
    }
    // The archive around the layers ends at any place.
    let archive = saved(&[plain]);
    for end in (0..archive.len() - 2 * 1024).step_by(256) {
        assert!(read(&archive[..end]).is_err(), "{end}");
    }
}

#[test]
fn bombs_do_not_go_off() {
    let small = Limits { free_bytes: 1 << 20, ratio: 100, ..Limits::default() };
    let reading = Reading { limits: small, exact: false };
    let mut header = Header::new_ustar();
    header.set_path("zeros").unwrap();
    header.set_size(64 << 20);
    header.set_cksum();
    let zeros = io::repeat(0).take(64 << 20);
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    io::copy(&mut header.as_bytes().chain(zeros), &mut encoder).unwrap();
    let bomb = encoder.finish().unwrap();
    let failure = read_layer("x", &bomb[..], &reading).unwrap_err();
    assert!(matches!(failure, Failure::TooLarge(..)), "{failure}");

    // A name of gigabytes, of which all would be kept.
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(8 << 30);
    header.set_cksum();
    let endless = header.as_bytes().chain(io::repeat(b'a').take(8 << 30));
    let failure = read_layer("x", endless, &Reading::default()).unwrap_err();
    assert!(matches!(failure, Failure::TooLarge(..)), "{failure}");
}

#[test]
fn a_million_entries_are_read_and_more_than_allowed_are_not() {
    let block = |number: u32| {
        let mut header = Header::new_ustar();
        header.set_path(format!("d{}/f{number}", number / 1000)).unwrap();
        header.set_size(0);
        header.set_cksum();
        *header.as_bytes()
    };
    let many: Vec<u8> = (0..1_000_000).flat_map(block).collect();
    let layer = read_layer("x", &many[..], &Reading::default()).unwrap();
    assert_eq!(layer.entries.len(), 1_000_000);
    let few = Reading { limits: Limits { entries: 1000, ..Limits::default() }, exact: false };
    assert!(matches!(read_layer("x", &many[..], &few), Err(Failure::TooLarge(..))));
}

#[test]
fn what_is_no_image_says_so() {
    for bytes in [&b""[..], b"FROM debian\n", &[0; 2048], &gzip(b"hello"), &archive(&[("etc/passwd", b"root")])] {
        let failure = read(bytes).unwrap_err();
        assert!(matches!(failure, Failure::NotAnImage), "{failure}");
    }
}

#[test]
fn findings_name_the_rule_and_the_layer() {
    let list = [9; 9000];
    let mut image = read(&saved(&[
        archive(&[("bin/sh", &[1; 5000])]),
        archive(&[("var/lib/apt/lists/main", &list), ("srv/app", &[2; 6000]), ("tmp/a.tar.gz", &[3; 7000])]),
        archive(&[("srv/app", &[2; 6000]), ("tmp/.wh.a.tar.gz", b""), ("opt/copy", &[1; 5000])]),
    ]))
    .unwrap();
    let history = ["ADD file:1 in /", "RUN /bin/sh -c a", "RUN /bin/sh -c chown x"];
    image.config.history =
        history.iter().map(|text| History { created_by: (*text).to_owned(), empty_layer: false }).collect();
    let analysis = Analysis::of(&image, &Provenance::of(&image, None, None));
    let found: Vec<_> = analysis
        .findings
        .iter()
        .map(|found| (found.class, found.loss, found.bytes, found.layer, found.by, found.rule))
        .collect();
    assert_eq!(
        found,
        [
            (Class::PackageLists, Loss::Useless, 9000, 1, None, Some("clean-apt")),
            (Class::Archives, Loss::Deleted, 7000, 1, Some(2), Some("remove-archives")),
            (Class::Other, Loss::Touched, 6000, 1, Some(2), Some("fold-chown")),
            (Class::Other, Loss::Duplicate, 5000, 2, Some(0), None),
        ]
    );
    assert_eq!((analysis.total_bytes, analysis.wasted_bytes), (38_000, 13_000));
}
