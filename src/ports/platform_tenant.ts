/** The tenant of what the platform checks of itself: nobody is a member, so nobody sees it, and it counts nowhere. No id of a real tenant is so short. */
export const platformTenant = "ten_platform";
