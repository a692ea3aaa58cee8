/** The media type of a CAR. */
export const carEncoding = 'application/vnd.ipld.car'
