//! Keeps users.

use std::collections::BTreeMap;
use std::sync::Mutex;

use acme_contracts::user::v1::{
    GetUserRequest, GetUserResponse, UpdateUserRequest, UpdateUserResponse, UserInfo, user_service_server,
};
use tonic::{Request, Response, Status};

/// Users by id.
#[derive(Default)]
pub struct Users(Mutex<BTreeMap<String, UserInfo>>);

#[tonic::async_trait]
impl user_service_server::UserService for Users {
    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<GetUserResponse>, Status> {
        let id = request.into_inner().user_id;
        let user = self.0.lock().expect("nobody panics").get(&id).cloned();
        let user = user.ok_or_else(|| Status::not_found(format!("no user `{id}`")))?;
        Ok(Response::new(GetUserResponse { user: Some(user) }))
    }

    async fn update_user(
        &self,
        request: Request<UpdateUserRequest>,
    ) -> Result<Response<UpdateUserResponse>, Status> {
        let UpdateUserRequest { user, update_mask } = request.into_inner();
        let user = user.filter(|u| !u.user_id.is_empty()).ok_or_else(|| crate::missing("user.user_id"))?;
        let mut users = self.0.lock().expect("nobody panics");
        let kept = users.entry(user.user_id.clone()).or_default();
        let paths = update_mask.map(|m| m.paths).unwrap_or_default();
        if paths.is_empty() {
            *kept = user;
        } else {
            for path in paths {
                match &*path {
                    "name" => kept.name = user.name.clone(),
                    "age" => kept.age = user.age,
                    "email" => kept.email = user.email.clone(),
                    "hobbies" => kept.hobbies = user.hobbies.clone(),
                    _ => return Err(Status::invalid_argument(format!("`{path}` cannot be updated"))),
                }
            }
            kept.user_id = user.user_id;
        }
        Ok(Response::new(UpdateUserResponse { user: Some(kept.clone()) }))
    }
}
