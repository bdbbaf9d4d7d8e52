-- Who leads, with a fencing token: every write of a role that leads holds its row against a take-over.
-- Text that is compared or ordered has the order of its bytes, as everywhere else in the product.
CREATE TABLE leases (
  name text COLLATE "C" PRIMARY KEY,
  holder text NOT NULL,
  epoch integer NOT NULL,
  until bigint NOT NULL,
  -- Makes the epoch part of a key: changing it conflicts with FOR KEY SHARE, which a renewal does not.
  UNIQUE (name, epoch)
) WITH (fillfactor = 50);
