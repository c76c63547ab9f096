//! The keys of the build that was recorded, and the ways to get them.

use serde_json::Value;
use std::process::Command;
use tower_api_routes::PreviewProps;

pub(crate) const ID: &str = "b4dcc63841b33c5733e2bea938442e44";

const KEYS: &str = include_str!("../vectors/preview.json");

fn key(name: &str) -> String {
    let keys: Value = serde_json::from_str(KEYS).unwrap();
    keys[name].as_str().unwrap().to_owned()
}

pub(crate) fn props() -> PreviewProps {
    PreviewProps::new(key("previewModeId"), key("previewModeSigningKey"), key("previewModeEncryptionKey"))
        .unwrap()
}

#[test]
fn keys_are_read_from_a_manifest() {
    let folder = std::env::temp_dir().join(format!("tower-api-routes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("prerender-manifest.json");
    let cases = [
        (format!(r#"{{"version":4,"routes":{{}},"preview":{KEYS}}}"#), Ok(ID)),
        // `preview-props.json` of Next.js 16.4.
        (KEYS.into(), Ok(ID)),
        (r#"{"version":4}"#.into(), Err("previewModeId")),
        (r#"{"preview":{"previewModeId":5}}"#.into(), Err("previewModeId")),
        (format!(r#"{{"preview":{{"previewModeId":"{ID}"}}}}"#), Err("previewModeSigningKey")),
        ("{".into(), Err("prerender-manifest.json")),
    ];
    for (text, expected) in cases {
        std::fs::write(&file, &text).unwrap();
        match (PreviewProps::from_manifest(&file), expected) {
            (Ok(props), Ok(id)) => assert_eq!(props.mode_id(), id),
            (Err(error), Err(name)) => assert!(error.to_string().contains(name), "{error}"),
            (got, _) => panic!("{text}: {got:?}"),
        }
    }
    // `next dev` 16.4 writes them into another file only.
    std::fs::create_dir(folder.join("server")).unwrap();
    let props = folder.join("server/preview-props.json");
    std::fs::write(&props, KEYS).unwrap();
    std::fs::write(&file, r#"{"version":4}"#).unwrap();
    assert_eq!(PreviewProps::from_manifest(&file).unwrap().mode_id(), ID);
    std::fs::write(&props, r#"{"previewModeId":"x"}"#).unwrap();
    let error = PreviewProps::from_manifest(&file).unwrap_err().to_string();
    assert!(error.contains("preview-props.json` has no `previewModeSigningKey`"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
    let error = PreviewProps::from_manifest(&file).unwrap_err();
    assert!(std::error::Error::source(&error).is_some(), "{error}");
}

/// A process of its own has an environment of its own.
#[test]
fn keys_are_read_from_the_environment() {
    let names = ["PREVIEW_MODE_ID", "PREVIEW_MODE_SIGNING_KEY", "PREVIEW_MODE_ENCRYPTION_KEY"];
    let values = ["previewModeId", "previewModeSigningKey", "previewModeEncryptionKey"].map(key);
    for missing in [None, Some(0), Some(1), Some(2)] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "keys::child", "--nocapture"]);
        for (i, (name, value)) in names.iter().zip(&values).enumerate() {
            if missing == Some(i) {
                child.env_remove(name)
            } else {
                child.env(name, value)
            };
        }
        let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
        let expected = missing.map_or(ID, |i| names[i]);
        assert!(output.contains(&format!("{expected}`")), "{missing:?}: {output}");
    }
}

#[test]
#[ignore = "the child of `keys_are_read_from_the_environment`"]
fn child() {
    match PreviewProps::from_env() {
        Ok(props) => println!("id `{}`", props.mode_id()),
        Err(error) => println!("{error}"),
    }
}
