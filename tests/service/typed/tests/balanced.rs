//! A client whose calls are spread over the instances of a file, while the file changes.

use std::path::Path;
use std::time::Duration;

use acme_contracts::user::v1::user_service_client::UserServiceClient;
use acme_contracts::user::v1::{GetUserRequest, UpdateUserRequest, UserInfo};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many calls in a row no instance of two is left out of, nor found in that has left.
const MANY: usize = 50;

fn user(name: &str) -> UserInfo {
    UserInfo { user_id: "u".to_owned(), name: name.to_owned(), ..UserInfo::default() }
}

/// A server that knows a user of this name. Gives its address.
async fn instance(name: &str) -> String {
    let (address, serving) = typed::serve(std::future::pending()).await.unwrap();
    tokio::spawn(serving);
    let mut client = UserServiceClient::connect(format!("http://{address}")).await.unwrap();
    client.update_user(UpdateUserRequest { user: Some(user(name)), update_mask: None }).await.unwrap();
    address.to_string()
}

fn put(folder: &Path, instances: &str) {
    std::fs::write(folder.join("new"), format!(r#"{{"services": {{"users": [{instances}]}}}}"#)).unwrap();
    std::fs::rename(folder.join("new"), folder.join("services.json")).unwrap();
}

#[tokio::test]
async fn calls_go_to_who_is_in_the_file() {
    let (one, two) = (instance("one").await, instance("two").await);
    let folder = std::env::temp_dir().join(format!("balanced-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    put(&folder, &format!(r#""{one}", {{"address": "{two}"}}"#));
    let mut client =
        UserServiceClient::new(typed::balanced(folder.join("services.json"), "users".to_owned()));
    let mut call = async || {
        let answer = client.get_user(GetUserRequest { user_id: "u".to_owned() }).await;
        answer.expect("no call fails").into_inner().user.unwrap().name
    };
    let whole = async {
        // Both are called, at some time.
        let mut names = std::collections::BTreeSet::new();
        while names.len() < 2 {
            names.insert(call().await);
        }
        // Then one is there only, who takes all.
        put(&folder, &format!(r#"{{"address": "{one}", "health": "draining"}}, "{two}""#));
        let mut row = 0;
        while row < MANY {
            row = if call().await == "two" { row + 1 } else { 0 };
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("the file is followed");
    std::fs::remove_dir_all(&folder).unwrap();
}
