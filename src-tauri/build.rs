//! Checks and embeds the window's configuration.
//!
//! The configuration lies at the root, so the folders of capabilities and permissions are named
//! here. With an application manifest every command needs a permission: what
//! `permissions/guest.toml` does not list, the page cannot call.

fn main() {
    println!("cargo::rerun-if-changed=src-tauri/capabilities");
    println!("cargo::rerun-if-changed=src-tauri/permissions");
    let manifest =
        tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/*.toml");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/*.json")
        .app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error=the window's configuration does not hold: {error:#}");
    }
}
