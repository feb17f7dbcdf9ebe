-- A random number that tells this archive from every other one. The index records it, so that an archive in its place is noticed.
INSERT INTO counter VALUES ('identity', abs(random() / 2));
