-- The position of a page's first product in the whole list, from 1; 0 for lists that were stored before this column existed.
ALTER TABLE events ADD COLUMN IF NOT EXISTS first_position UInt32
