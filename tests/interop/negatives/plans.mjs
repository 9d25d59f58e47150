// The whole table, plan by plan.
import assertions from './assertions.mjs';
import basic from './basic.mjs';
import device from './device.mjs';
import fapi2 from './fapi2.mjs';
import fapiCiba from './fapi_ciba.mjs';
import objects from './objects.mjs';
import redirects from './redirects.mjs';
import requests from './requests.mjs';
import standing from './standing.mjs';

export const plans = [basic, fapi2, objects, fapiCiba, device, standing, redirects, assertions, requests];
